import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { metricsNamespace, NEWER_VERSION_METRIC } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const newerVersion: AlarmRule = {
  name: 'newer-version',
  meaning: 'Events wait that a newer version of Hookgate recorded, and the one that runs leaves alone.',
  watch: ({ stage }) => [
    {
      id: 'all',
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: NEWER_VERSION_METRIC,
        period: Duration.minutes(5),
        statistic: 'Sum',
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // A processor emits it only for such a message, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: dashboardLink(Aws.STACK_NAME),
    },
  ],
};
