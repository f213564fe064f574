import type { AdminRequest } from './admin.ts';
import { DIMENSION, PROCESSING_METRIC } from '../metrics.ts';
import type { Clock } from '../ports.ts';
import { problem } from './problem.ts';
import type { Gateway } from '../source.ts';
import type { Answer } from '../verdict.ts';

/** One statistic of one series. */
export interface MetricQuery {
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: 'Sum' | 'SampleCount' | 'Minimum' | 'Maximum' | 'p95';
}

/** What has been measured. */
export interface MetricReader {
  /**
   * The values of each query between two times (milliseconds since the epoch), which are whole minutes: none where nothing
   * was measured; usually one, more where the time had to be cut.
   */
  read(queries: readonly MetricQuery[], from: number, to: number): Promise<readonly (readonly number[])[]>;
}

export interface AdminStatsPorts {
  readonly gateway: Gateway;
  readonly metrics: MetricReader;
  readonly clock: Clock;
}

/** How the events of one type did. Times are milliseconds, of those that succeeded; null where none did. */
export interface TypeStatistics {
  readonly source: string;
  /** What its route takes: a type, or a pattern of types. */
  readonly type: string;
  readonly route: string;
  /** Attempts: the sum of the next two. */
  readonly count: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly averageMs: number | null;
  readonly maxMs: number | null;
  readonly minMs: number | null;
  readonly p95Ms: number | null;
}

const MOST_HOURS = 24;
const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;

/** `GET /admin/webhook-stats?hours=24`: per type, as the providers' pages on best practice show it. */
export async function administerStats(
  { method, path, query }: AdminRequest,
  { gateway, metrics, clock }: AdminStatsPorts,
): Promise<Answer> {
  if (path.length > 1) return problem(404, 'No such resource.', { resource: path.join('/') });
  if (method !== 'GET') return problem(405, 'Only GET.', {}, { allow: 'GET' });
  const hours = query.get('hours') ?? String(MOST_HOURS);
  if (!/^[0-9]{1,2}$/.test(hours) || Number(hours) < 1 || Number(hours) > MOST_HOURS) {
    return problem(400, `hours is a whole number from 1 to ${MOST_HOURS}.`, { field: 'hours' });
  }
  // The minute that runs is counted too.
  const to = (Math.floor(clock.now() / MINUTE_MS) + 1) * MINUTE_MS;
  const from = to - Number(hours) * HOUR_MS;
  const routes = gateway.sources.flatMap(({ name, routes }) => routes.map((route) => ({ source: name, route })));
  const queries = routes.flatMap(({ source, route }) => {
    const dimensions = { [DIMENSION.source]: source, [DIMENSION.route]: route.name };
    return ASKED.map(([metric, statistic]): MetricQuery => ({ metric, dimensions, statistic }));
  });
  const values = queries.length === 0 ? [] : await metrics.read(queries, from, to);
  const types = routes.map(({ source, route }, i): TypeStatistics => {
    const [failed = [], sums = [], samples = [], least = [], most = [], p95 = []] = values.slice(
      i * ASKED.length,
      (i + 1) * ASKED.length,
    );
    const succeeded = total(samples);
    return {
      source,
      type: route.on,
      route: route.name,
      count: succeeded + total(failed),
      succeeded,
      failed: total(failed),
      averageMs: succeeded === 0 ? null : Math.round((total(sums) / succeeded) * 10) / 10,
      maxMs: most.length === 0 ? null : Math.max(...most),
      minMs: least.length === 0 ? null : Math.min(...least),
      // Of parts the worst: percentiles can't be put together.
      p95Ms: p95.length === 0 ? null : Math.max(...p95),
    };
  });
  const body = JSON.stringify({ from: new Date(from).toISOString(), to: new Date(to).toISOString(), types });
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

const ASKED = [
  [PROCESSING_METRIC.failed, 'Sum'],
  [PROCESSING_METRIC.processingMs, 'Sum'],
  [PROCESSING_METRIC.processingMs, 'SampleCount'],
  [PROCESSING_METRIC.processingMs, 'Minimum'],
  [PROCESSING_METRIC.processingMs, 'Maximum'],
  [PROCESSING_METRIC.processingMs, 'p95'],
] as const;

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
