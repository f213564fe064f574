import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DELIVERY_METRIC, DIMENSION, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

/** Long enough for the retries of a source with few events a day. */
const PERIOD = Duration.hours(6);
/** A stray request or two are nobody's secret gone stale. */
const MOST_REJECTED = 2;

export const allRejected: AlarmRule = {
  name: 'all-rejected',
  meaning:
    'Everything that came for a source in six hours was rejected: its secret or its way of signing changed, or it was never right.',
  watch: ({ stage, sources }) =>
    sources.map((source) => {
      const metric = (metricName: string) =>
        new Metric({
          namespace: metricsNamespace(stage),
          metricName,
          dimensionsMap: { [DIMENSION.source]: source },
          period: PERIOD,
          statistic: 'Sum',
        });
      return {
        id: source,
        metric: new MathExpression({
          expression: 'IF(FILL(rejected, 0) == FILL(received, 0), FILL(rejected, 0), 0)',
          label: 'rejected, and nothing else',
          period: PERIOD,
          usingMetrics: { rejected: metric(DELIVERY_METRIC.rejected), received: metric(DELIVERY_METRIC.received) },
        }),
        threshold: MOST_REJECTED,
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        // Nothing came at all: "silence" tells of that, where it was asked to.
        whenMissing: TreatMissingData.NOT_BREACHING,
        link: dashboardLink(Aws.STACK_NAME),
      };
    }),
};
