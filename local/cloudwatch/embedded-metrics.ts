import type { Point } from './metric-store.ts';

/** What is read of a line in the embedded metric format. */
interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

/**
 * The metrics that a log line carries; none for other lines. A value may be a list: each of it counts.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(line: string): readonly Point[] {
  if (!line.startsWith('{"_aws":')) return [];
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(line) as Record<string, unknown>;
  } catch {
    // The end of a line that a killed function did not write.
    return [];
  }
  const { Timestamp: time, CloudWatchMetrics: directives } = document['_aws'] as {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly Directive[];
  };
  return directives.flatMap(({ Namespace: namespace, Dimensions: sets, Metrics: metrics }) =>
    sets.flatMap((set) => {
      const dimensions = Object.fromEntries(set.map((name) => [name, String(document[name])]));
      return metrics.map(({ Name: name }) => ({ namespace, name, dimensions, time, values: numbers(document[name]) }));
    }),
  );
}

function numbers(value: unknown): readonly number[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is number => typeof one === 'number');
}
