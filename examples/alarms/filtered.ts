import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DELIVERY_METRIC, DIMENSION, metricsNamespace } from '../../lambdas/core/metrics.ts';
import type { AlarmRule } from '../../lib/alarms/rule.ts';
import { dashboardLink } from '../../lib/console-links.ts';

/** In an hour. A provider's dashboard can be told which types to send. */
const MOST_FILTERED = 1_000;

export const filtered: AlarmRule = {
  name: 'filtered',
  meaning: 'A source sends many events of types that no route wants: they cost money and nobody misses them.',
  watch: ({ stage, sources }) =>
    sources.map((source) => ({
      id: source,
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: DELIVERY_METRIC.filtered,
        dimensionsMap: { [DIMENSION.source]: source },
        period: Duration.hours(1),
        statistic: 'Sum',
      }),
      threshold: MOST_FILTERED,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // None filtered is none emitted, and that is fine.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: dashboardLink(Aws.STACK_NAME),
    })),
};
