/** One series: CloudWatch keeps one for each exact set of dimensions. */
export interface SeriesId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface Point extends SeriesId {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly values: readonly number[];
}

const MINUTE_MS = 60_000;
/** The longest alarm looks back a week; statistics a day. */
const KEPT_MS = 8 * 24 * 60 * MINUTE_MS;

/** How often each value was measured in one minute: processing times repeat, so this is small and loses nothing. */
type Minute = Map<number, number>;

/** The metrics of this machine by minute, as CloudWatch keeps them at standard resolution. */
export class MetricStore {
  readonly #series = new Map<string, Map<number, Minute>>();

  add({ namespace, name, dimensions, time, values }: Point): void {
    const key = keyOf({ namespace, name, dimensions });
    const minutes = this.#series.get(key) ?? new Map<number, Minute>();
    this.#series.set(key, minutes);
    const at = Math.floor(time / MINUTE_MS);
    const minute = minutes.get(at) ?? new Map<number, number>();
    minutes.set(at, minute);
    for (const value of values) minute.set(value, (minute.get(value) ?? 0) + 1);
  }

  /**
   * One statistic of the minutes that begin in `[from, to)`; undefined when nothing was measured.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
   *
   * @param statistic `Sum`, `SampleCount`, `Average`, `Minimum`, `Maximum`, or a percentile such as `p95`
   */
  statistic(series: SeriesId, statistic: string, from: number, to: number): number | undefined {
    const minutes = this.#series.get(keyOf(series));
    if (!minutes) return undefined;
    const counts = new Map<number, number>();
    for (const [at, minute] of minutes) {
      if (at * MINUTE_MS < from || at * MINUTE_MS >= to) continue;
      for (const [value, count] of minute) counts.set(value, (counts.get(value) ?? 0) + count);
    }
    return counts.size === 0 ? undefined : statisticOf(counts, statistic);
  }

  /** Drops what is older than anybody asks for. */
  prune(now: number): void {
    const oldest = Math.floor((now - KEPT_MS) / MINUTE_MS);
    for (const [key, minutes] of this.#series) {
      for (const at of minutes.keys()) if (at < oldest) minutes.delete(at);
      if (minutes.size === 0) this.#series.delete(key);
    }
  }

  toJSON(): unknown {
    return [...this.#series].map(([key, minutes]) => [key, [...minutes].map(([at, minute]) => [at, [...minute]])]);
  }

  /** @param json what `toJSON` gave */
  static fromJSON(json: unknown): MetricStore {
    const store = new MetricStore();
    for (const [key, minutes] of json as [string, [number, [number, number][]][]][]) {
      store.#series.set(key, new Map(minutes.map(([at, minute]) => [at, new Map(minute)])));
    }
    return store;
  }
}

function keyOf({ namespace, name, dimensions }: SeriesId): string {
  const pairs = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, ...pairs]);
}

function statisticOf(counts: ReadonlyMap<number, number>, statistic: string): number {
  let samples = 0;
  let sum = 0;
  let least = Infinity;
  let most = -Infinity;
  for (const [value, count] of counts) {
    samples += count;
    sum += value * count;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  switch (statistic) {
    case 'Sum':
      return sum;
    case 'SampleCount':
      return samples;
    case 'Average':
      return sum / samples;
    case 'Minimum':
      return least;
    case 'Maximum':
      return most;
    default:
      return percentile(counts, samples, statistic);
  }
}

/** The smallest value that so many percent of the samples do not exceed. */
function percentile(counts: ReadonlyMap<number, number>, samples: number, statistic: string): number {
  const percent = /^p(\d+(\.\d+)?)$/.exec(statistic)?.[1];
  if (percent === undefined) throw new Error(`The local host has no statistic ${statistic}.`);
  const rank = Math.max(1, Math.ceil((samples * Number(percent)) / 100));
  let seen = 0;
  for (const [value, count] of [...counts].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= rank) return value;
  }
  throw new Error('A percentile of nothing was asked for.');
}
