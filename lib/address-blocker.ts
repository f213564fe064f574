import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { FilterPattern, SubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import { Construct } from 'constructs';
import { ipSetsSettings } from '../lambdas/settings.ts';
import type { StageConfig } from './config.ts';
import { GatewayFunction } from './gateway-function.ts';
import type { Records } from './records.ts';
import type { SecurityLog } from './security-log.ts';
import type { WebAcl } from './web-acl.ts';

export interface AddressBlockerProps {
  readonly settings: StageConfig;
  readonly records: Records;
  readonly webAcl: WebAcl;
  readonly security: SecurityLog;
  /** Folder of the bundled functions. */
  readonly bundles: string;
}

/** Puts addresses whose signatures keep failing into sets of the web ACL, and takes them out again. */
export class AddressBlocker extends Construct {
  readonly function: GatewayFunction;

  constructor(scope: Construct, id: string, { settings, records, webAcl, security, bundles }: AddressBlockerProps) {
    super(scope, id);
    this.function = new GatewayFunction(this, 'Blocker', {
      settings,
      description: 'Blocks addresses whose signatures keep failing, for minutes.',
      bundle: `${bundles}/address-blocker`,
      timeout: Duration.seconds(30),
    });
    records.grantBreakers(this.function);
    this.function.give(
      { actions: ['wafv2:GetIPSet', 'wafv2:UpdateIPSet'], resources: webAcl.blockedArns },
      ipSetsSettings.toEnv({ ipSets: { blocked: webAcl.blocked } }),
    );
    new SubscriptionFilter(this, 'Refused', {
      logGroup: security.logGroup,
      destination: new LambdaDestination(this.function.lambda),
      // It has few lines already: twenty a minute of each source and reason.
      filterPattern: FilterPattern.allEvents(),
    });
    new Rule(this, 'EveryMinute', {
      description: 'Starts the function that lets blocked addresses go.',
      schedule: Schedule.rate(Duration.minutes(1)),
      // A run that failed is not repeated: the next one looks at everything anew.
      targets: [new LambdaFunction(this.function.lambda, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
  }
}
