import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { BLOCKED_ADDRESSES_METRIC, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { functionLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const blockedAddresses: AlarmRule = {
  name: 'blocked-addresses',
  meaning: 'Addresses sent many deliveries with signatures that failed, and were put on the block set for minutes.',
  watch: ({ stage, blocker }) => [
    {
      id: 'all',
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: BLOCKED_ADDRESSES_METRIC,
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // It is emitted while there are some only, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: functionLink(blocker.lambda.functionName),
    },
  ],
};
