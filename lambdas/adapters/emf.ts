import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { metricsNamespace } from '../core/metrics.ts';

/** One set of dimensions a metric is found under. */
export type Dimensions = Readonly<Record<string, string>>;

export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit?: 'Count' | 'Milliseconds';
}

/** Writes measurements as one embedded-metric line; CloudWatch keeps a series for each set of dimensions. */
export function createEmf(stage: string) {
  const metrics = new Metrics({ namespace: metricsNamespace(stage) });
  // Powertools adds a `service` dimension to every series, and nobody would find them under ours.
  metrics.clearDefaultDimensions();
  return (measurements: readonly Measurement[], ...dimensions: readonly Dimensions[]): void => {
    for (const set of dimensions) metrics.addDimensions({ ...set });
    for (const { name, value, unit } of measurements) metrics.addMetric(name, unit ?? MetricUnit.Count, value);
    metrics.publishStoredMetrics();
  };
}
