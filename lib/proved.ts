import { type Duration } from 'aws-cdk-lib';
import { type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { DELIVERY_METRIC, DIMENSION, metricsNamespace } from '../lambdas/core/metrics.ts';

const { accepted, duplicate, filtered } = DELIVERY_METRIC;

/** The deliveries of a source that were proved to be its provider's, by names for metric math. */
export function proved(stage: string, source: string, period: Duration): Readonly<Record<string, IMetric>> {
  return Object.fromEntries(
    Object.entries({ accepted, duplicate, filtered }).map(([name, metricName]) => [
      name,
      new Metric({
        namespace: metricsNamespace(stage),
        metricName,
        dimensionsMap: { [DIMENSION.source]: source },
        period,
        statistic: 'Sum',
      }),
    ]),
  );
}
