import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { metricsNamespace, THROTTLED_METRIC } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const throttled: AlarmRule = {
  name: 'throttled',
  meaning:
    'Requests were answered 429: a provider sends more than its limits let through, and not every one comes again.',
  watch: ({ stage }) => [
    {
      id: 'api',
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: THROTTLED_METRIC,
        period: Duration.minutes(5),
        statistic: 'Sum',
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Lines that are no 429 give no data, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: dashboardLink(Aws.STACK_NAME),
    },
  ],
};
