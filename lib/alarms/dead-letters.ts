import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { queueLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const deadLetters: AlarmRule = {
  name: 'dead-letters',
  meaning: 'Messages failed so often that they are dead letters. They are still tried, five minutes apart.',
  watch: ({ routes }) =>
    // Where they are not tried again they are parked.
    routes
      .filter(({ retriesDeadLetters }) => retriesDeadLetters)
      .map((route) => {
        const options = { period: Duration.minutes(1), statistic: 'Maximum' };
        return {
          id: route.fullName,
          // Between two attempts they are in flight, where "visible" alone doesn't count them.
          metric: new MathExpression({
            expression: 'waiting + inFlight',
            label: 'dead letters',
            period: options.period,
            usingMetrics: {
              waiting: route.dead.metricApproximateNumberOfMessagesVisible(options),
              inFlight: route.dead.metricApproximateNumberOfMessagesNotVisible(options),
            },
          }),
          threshold: 0,
          comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
          // SQS sends nothing of a queue that has been empty and unused for six hours, and empty is good.
          whenMissing: TreatMissingData.NOT_BREACHING,
          link: queueLink(route.queueName('dead')),
        };
      }),
};
