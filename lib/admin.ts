import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { logGroupName } from '../lambdas/core/source.ts';
import { inboxSettings } from '../lambdas/settings.ts';
import { acknowledgePatterns } from './acknowledge.ts';
import type { StageConfig } from './config.ts';
import { GatewayFunction } from './gateway-function.ts';
import type { Records } from './records.ts';
import type { Route } from './route.ts';

export interface AdminProps {
  readonly stage: string;
  readonly settings: StageConfig;
  readonly records: Records;
  readonly routes: readonly Route[];
  /** Where a source has an inbox. */
  readonly inbox?: GatewayFunction;
  /** Folder of the bundled functions. */
  readonly bundles: string;
}

/** The function behind `/admin`: lists events, shows one, lets one run again; pauses routes. */
export class Admin extends Construct {
  readonly function: GatewayFunction;

  constructor(scope: Construct, id: string, props: AdminProps) {
    super(scope, id);
    this.function = new GatewayFunction(this, 'Admin', {
      settings: props.settings,
      description: 'Answers the admin API.',
      bundle: `${props.bundles}/admin`,
      timeout: Duration.seconds(20),
      logGroupName: logGroupName(props.stage, 'admin'),
    });
    this.grantHistory(props.stage);
    props.records.grantInspect(this.function);
    // With these it reads and changes breakers too: their rows are in the same table.
    props.records.grantReplay(this.function);
    // Statistics know no resources and no condition on a namespace, and read numbers only. Alarms know resources, but whose
    // permission names some is told of no composite alarm.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    this.function.give({ actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData'], resources: ['*'] });
    Validations.of(this.function.grantPrincipal).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'cloudwatch:GetMetricData knows no resources; cloudwatch:DescribeAlarms scoped to some tells of no composite alarm.',
    });
    for (const route of props.routes) {
      route.grantSend(this.function);
      route.grantCount(this.function);
      route.grantMove(this.function);
    }
    if (props.inbox) {
      const { functionArn, functionName } = props.inbox.lambda;
      this.function.give(
        { actions: ['lambda:InvokeFunction'], resources: [functionArn] },
        inboxSettings.toEnv({ functionName }),
      );
    }
  }

  /**
   * To find the lines of one event in the logs of the stage: the verifier's, its own, each route's, also of those that are
   * in nested stacks.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
   */
  private grantHistory(stage: string): void {
    const arn = Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `${logGroupName(stage, '*')}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.function.give({ actions: ['logs:FilterLogEvents'], resources: [arn] });
    acknowledgePatterns(this.function.grantPrincipal, [arn], 'The log groups of one stage, some in nested stacks.');
  }
}
