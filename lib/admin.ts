import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { inboxSettings } from '../lambdas/settings.ts';
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
    });
    props.records.grantInspect(this.function);
    // With these it reads and changes breakers too: their rows are in the same table.
    props.records.grantReplay(this.function);
    // Statistics. It knows no resources and no condition on a namespace; it reads numbers only.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
    this.function.give({ actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData'], resources: ['*'] });
    for (const route of props.routes) {
      route.grantSend(this.function);
      route.grantCount(this.function);
    }
    this.grantMoves(props.stage);
    if (props.inbox) {
      const { functionArn, functionName } = props.inbox.lambda;
      this.function.give(
        { actions: ['lambda:InvokeFunction'], resources: [functionArn] },
        inboxSettings.toEnv({ functionName }),
      );
    }
  }

  /**
   * To move dead letters and parked events, as SQS does in the name of whoever starts it. By the pattern of their names:
   * a role's policy ends at 10,240 characters, which the queues of thirty routes would fill.
   */
  private grantMoves(stage: string): void {
    const arns = (hop: string) =>
      ['', '.fifo'].map((suffix) =>
        Stack.of(this).formatArn({
          service: 'sqs',
          resource: `hookgate-${stage}-*-${hop}${suffix}`,
          arnFormat: ArnFormat.NO_RESOURCE_NAME,
        }),
      );
    this.function.give({
      actions: [
        'sqs:StartMessageMoveTask',
        'sqs:ListMessageMoveTasks',
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
      ],
      resources: [...arns('dead'), ...arns('parked')],
    });
    this.function.give({ actions: ['sqs:SendMessage'], resources: arns('parked') });
  }
}
