import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { metricsNamespace } from '../../core/metrics.ts';

/** One set of dimensions a metric is found under. */
export type Dimensions = Readonly<Record<string, string>>;

export interface Measurement {
  readonly name: string;
  /** Several at once cost little more than one, and each counts. */
  readonly value: number | readonly number[];
  readonly unit?: 'Count' | 'Milliseconds' | 'Seconds';
}

export type Emit = (measurements: readonly Measurement[], ...dimensions: readonly Dimensions[]) => void;

/** Writes measurements as one embedded-metric line; CloudWatch keeps a series for each set of dimensions. */
export function createEmf(stage: string): Emit & { readonly at: (time: number) => Emit } {
  const metrics = new Metrics({ namespace: metricsNamespace(stage) });
  // Powertools adds a `service` dimension to every series, and nobody would find them under ours.
  metrics.clearDefaultDimensions();
  const emit: Emit = (measurements, ...dimensions) => {
    // A line that names no set at all has no series: one without dimensions has an empty set.
    for (const set of dimensions.length > 0 ? dimensions : [{}]) metrics.addDimensions({ ...set });
    for (const { name, value, unit } of measurements) {
      for (const one of typeof value === 'number' ? [value] : value)
        metrics.addMetric(name, unit ?? MetricUnit.Count, one);
    }
    metrics.publishStoredMetrics();
  };
  return Object.assign(emit, {
    /** For what was measured earlier, in milliseconds since the epoch. */
    at: (time: number): Emit => {
      metrics.setTimestamp(time);
      return emit;
    },
  });
}
