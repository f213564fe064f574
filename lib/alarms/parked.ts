import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { queueLink } from '../console-links.ts';
import type { Route } from '../route.ts';
import type { AlarmRule } from './rule.ts';

export const parked: AlarmRule = {
  name: 'parked',
  meaning: 'Events are parked: their attempts are spent, or trying again cannot help. They wait for a person.',
  watch: ({ routes }) =>
    routes.map((route) => ({
      id: route.fullName,
      metric: waitingOf(route),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // SQS sends nothing of a queue that has been empty and unused for six hours, and empty is good.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: queueLink(route.queueName(route.retriesDeadLetters ? 'parked' : 'dead')),
    })),
};

/** Where dead letters are not tried again, they are what waits; somebody may have moved some on. */
function waitingOf({ parked, dead, retriesDeadLetters }: Route): IMetric {
  const options = { period: Duration.minutes(1), statistic: 'Maximum' };
  if (retriesDeadLetters) return parked.metricApproximateNumberOfMessagesVisible(options);
  return new MathExpression({
    expression: 'FILL(dead, 0) + FILL(parked, 0)',
    label: 'parked',
    period: options.period,
    usingMetrics: {
      dead: dead.metricApproximateNumberOfMessagesVisible(options),
      parked: parked.metricApproximateNumberOfMessagesVisible(options),
    },
  });
}
