import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { StageConfig } from './config.ts';
import { GatewayFunction } from './gateway-function.ts';
import type { Records } from './records.ts';
import type { Route } from './route.ts';

export interface SweeperProps {
  readonly settings: StageConfig;
  readonly records: Records;
  readonly routes: readonly Route[];
  /** Folder of the bundled functions. */
  readonly bundles: string;
}

/** Sends what was recorded but may never have been queued, and keeps the ledger, every minute. */
export class Sweeper extends Construct {
  readonly function: GatewayFunction;

  constructor(scope: Construct, id: string, props: SweeperProps) {
    super(scope, id);
    this.function = new GatewayFunction(this, 'Sweeper', {
      settings: props.settings,
      description: 'Queues the events that were recorded but may never have been queued.',
      bundle: `${props.bundles}/sweeper`,
      timeout: Duration.seconds(50),
    });
    props.records.grantSweep(this.function);
    props.records.grantList(this.function);
    props.records.grantLedger(this.function);
    for (const route of props.routes) route.grantSend(this.function);
    new Rule(this, 'EveryMinute', {
      description: 'Starts the sweeper.',
      schedule: Schedule.rate(Duration.minutes(1)),
      // A run that failed is not repeated: the next one finds the same rows.
      targets: [new LambdaFunction(this.function.lambda, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
  }
}
