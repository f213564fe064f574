import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DELIVERY_METRIC, DIMENSION, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import { proved } from '../proved.ts';
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
      const known = proved(stage, source, PERIOD);
      const sum = Object.keys(known).map((name) => `FILL(${name}, 0)`);
      return {
        id: source,
        metric: new MathExpression({
          expression: `IF(${sum.join(' + ')} == 0, FILL(rejected, 0), 0)`,
          label: 'rejected, and nothing else',
          period: PERIOD,
          usingMetrics: {
            ...known,
            rejected: new Metric({
              namespace: metricsNamespace(stage),
              metricName: DELIVERY_METRIC.rejected,
              dimensionsMap: { [DIMENSION.source]: source },
              period: PERIOD,
              statistic: 'Sum',
            }),
          },
        }),
        threshold: MOST_REJECTED,
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        // Nothing came at all: "silence" tells of that, where it was asked to.
        whenMissing: TreatMissingData.NOT_BREACHING,
        link: dashboardLink(Aws.STACK_NAME),
      };
    }),
};
