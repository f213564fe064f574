import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { ipSetsSettings } from '../lambdas/settings.ts';
import { GatewayFunction } from './gateway-function.ts';
import type { Plan } from './plan.ts';
import type { Records } from './records.ts';
import type { WebAcl } from './web-acl.ts';

export interface AllowlistsProps {
  readonly plan: Plan;
  readonly records: Records;
  readonly webAcl: WebAcl;
  /** Folder of the bundled functions. */
  readonly bundles: string;
}

/** Follows the addresses that providers publish, where a source asks for it. */
export class Allowlists extends Construct {
  readonly function: GatewayFunction;
  /** Names of those that follow a published list. */
  readonly sources: readonly string[];

  constructor(scope: Construct, id: string, { plan, records, webAcl, bundles }: AllowlistsProps) {
    super(scope, id);
    this.sources = plan.sources.flatMap(({ name, allow }) => ('published' in allow ? [name] : []));
    this.function = new GatewayFunction(this, 'Allowlists', {
      settings: plan.settings,
      description: 'Brings the published addresses of providers up to date.',
      bundle: `${bundles}/allowlists`,
      timeout: Duration.seconds(50),
    });
    records.grantBreakers(this.function);
    this.function.give(
      { actions: ['wafv2:GetIPSet', 'wafv2:UpdateIPSet'], resources: webAcl.publishedArns },
      ipSetsSettings.toEnv({ ipSets: webAcl.published }),
    );
    new Rule(this, 'EveryMinute', {
      description: 'Starts the function that follows published addresses.',
      // A list is fetched once an hour; every minute it is looked whether somebody has approved a change.
      schedule: Schedule.rate(Duration.minutes(1)),
      // A run that failed is not repeated: the next one looks at everything anew.
      targets: [new LambdaFunction(this.function.lambda, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
  }
}
