import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSION, metricsNamespace, OVERLAP_OVERDUE_METRIC } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const secretOverlapOverdue: AlarmRule = {
  name: 'secret-overlap-overdue',
  meaning:
    'A provider still signs with the previous secret although the overlap is nearly over: then its deliveries are refused.',
  watch: ({ stage, sources }) =>
    sources.map((source) => ({
      id: source,
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: OVERLAP_OVERDUE_METRIC,
        dimensionsMap: { [DIMENSION.source]: source },
        // A quiet source sends once in an hour, and the alarm should not go and come.
        period: Duration.hours(1),
        statistic: 'Sum',
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // The verifier emits it only in the last quarter of an overlap, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: dashboardLink(Aws.STACK_NAME),
    })),
};
