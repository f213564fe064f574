import type { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';

/**
 * A count that is 0 where nothing was measured. An alarm looks past empty periods at older ones: one on the bare metric
 * ends when the count has sunk below its threshold, and rings once more when the period after that is empty.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function counted(metric: Metric): IMetric {
  return new MathExpression({
    expression: 'FILL(count, 0)',
    label: metric.metricName,
    period: metric.period,
    usingMetrics: { count: metric },
  });
}

/** What several count together, each by a name of its own: a letter first, small. */
export function summed(label: string, period: Duration, counts: Readonly<Record<string, IMetric>>): IMetric {
  return new MathExpression({
    expression: Object.keys(counts)
      .map((name) => `FILL(${name}, 0)`)
      .join(' + '),
    label,
    period,
    usingMetrics: { ...counts },
  });
}
