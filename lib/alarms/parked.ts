import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { queueLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const parked: AlarmRule = {
  name: 'parked',
  meaning: 'Events are parked: their attempts are spent, or trying again cannot help. They wait for a person.',
  watch: ({ routes }) =>
    routes.map((route) => ({
      id: route.fullName,
      metric: route.parked.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: 'Maximum',
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // SQS sends nothing of a queue that has been empty and unused for six hours, and empty is good.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: queueLink(route.queueName('parked')),
    })),
};
