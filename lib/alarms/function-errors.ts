import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { functionLink } from '../console-links.ts';
import type { GatewayFunction } from '../gateway-function.ts';
import type { AlarmRule, Watch } from './rule.ts';

/** Of the five runs in five minutes. The run after a failed one does what that left. */
const MOST_FAILED = 2;

export const functionErrors: AlarmRule = {
  name: 'function-errors',
  meaning: 'A function that runs every minute fails, or does not run: what it watches over and mends is left alone.',
  watch: ({ sweeper, controllers, blocker, allowlists }) => [
    watchOf('sweeper', sweeper),
    ...Object.entries(controllers).map(([id, controller]) => watchOf(id, controller)),
    // Without these two webhooks come in and move on all the same.
    { ...watchOf('address-blocker', blocker), alone: true },
    ...(allowlists ? [{ ...watchOf('allowlists', allowlists.function), alone: true } as const] : []),
  ],
};

function watchOf(id: string, { lambda }: GatewayFunction): Watch {
  return {
    id,
    metric: lambda.metricErrors({ period: Duration.minutes(5), statistic: 'Sum' }),
    threshold: MOST_FAILED,
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    // Lambda counts 0 for a run that succeeds. Once it has begun, silence means that its schedule is gone.
    whenMissing: TreatMissingData.MISSING,
    tellsOfSilence: true,
    link: functionLink(lambda.functionName),
  };
}
