import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { mappingsSettings } from '../lambdas/settings.ts';
import type { StageConfig } from './config.ts';
import { GatewayFunction } from './gateway-function.ts';
import type { Records } from './records.ts';
import type { Route } from './route.ts';

export interface BreakerControllerProps {
  readonly settings: StageConfig;
  readonly records: Records;
  readonly routes: readonly Route[];
  /** Folder of the bundled functions. */
  readonly bundles: string;
}

/** Takes the queues of a route from its processor while the route's breaker is open or the route is paused. */
export class BreakerController extends Construct {
  readonly function: GatewayFunction;

  constructor(scope: Construct, id: string, props: BreakerControllerProps) {
    super(scope, id);
    this.function = new GatewayFunction(this, 'Controller', {
      settings: props.settings,
      description: 'Disables, probes and restores the event source mappings as the breakers say.',
      bundle: `${props.bundles}/breaker-controller`,
      timeout: Duration.seconds(50),
    });
    props.records.grantBreakers(this.function);
    const routes = props.routes.map(({ controlled }) => controlled);
    this.function.give(
      {
        actions: ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
        resources: props.routes.flatMap(({ mappings }) =>
          mappings.map(({ eventSourceMappingArn }) => eventSourceMappingArn),
        ),
      },
      mappingsSettings.toEnv({ routes }),
    );
    new Rule(this, 'EveryMinute', {
      description: 'Starts the breaker controller.',
      schedule: Schedule.rate(Duration.minutes(1)),
      // A run that failed is not repeated: the next one looks at everything anew.
      targets: [new LambdaFunction(this.function.lambda, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
  }
}
