import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { queueLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

/** Five attempts with their back-off, 30 s doubling, are over in eight minutes: what is older is not being handled. */
const OLDEST = Duration.minutes(10);

export const oldestMessage: AlarmRule = {
  name: 'oldest-message',
  meaning: 'The oldest event of a queue waits longer than all its attempts should take: the processor falls behind.',
  watch: ({ routes }) =>
    routes.map((route) => ({
      id: route.fullName,
      metric: route.main.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: 'Maximum' }),
      threshold: OLDEST.toSeconds(),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // SQS sends nothing of a queue that has been empty and unused for six hours: nothing waits there.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: queueLink(route.queueName('main')),
    })),
};
