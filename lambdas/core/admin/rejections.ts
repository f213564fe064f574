import type { AdminRequest } from './admin.ts';
import type { MetricReader } from './stats.ts';
import { DELIVERY_METRIC, DIMENSION } from '../metrics.ts';
import type { Clock } from '../ports.ts';
import { problem } from './problem.ts';
import { RECEIPT_REASONS, type ReceiptReason } from '../receipt.ts';
import type { Answer } from '../verdict.ts';

export interface AdminRejectionsPorts {
  readonly sources: readonly string[];
  readonly metrics: MetricReader;
  readonly clock: Clock;
}

/** How many deliveries of a source were refused for one reason. */
export interface RejectionCount {
  readonly source: string;
  readonly reason: ReceiptReason;
  readonly count: number;
}

const DEFAULT_HOURS = 24;
export const MOST_HOURS = 7 * 24;
const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;

/** `GET /admin/rejections`: by source and reason, most first. */
export async function administerRejections({ query }: AdminRequest, ports: AdminRejectionsPorts): Promise<Answer> {
  const hours = query.get('hours') ?? String(DEFAULT_HOURS);
  if (!/^[0-9]{1,3}$/.test(hours) || Number(hours) < 1 || Number(hours) > MOST_HOURS) {
    return problem(400, `hours is a whole number from 1 to ${MOST_HOURS}.`, { field: 'hours' });
  }
  // The minute that runs is counted too.
  const to = (Math.floor(ports.clock.now() / MINUTE_MS) + 1) * MINUTE_MS;
  const from = to - Number(hours) * HOUR_MS;
  const asked = ports.sources.flatMap((source) => RECEIPT_REASONS.map((reason) => ({ source, reason })));
  const values = await ports.metrics.read(
    asked.map(({ source, reason }) => ({
      metric: DELIVERY_METRIC.rejected,
      dimensions: { [DIMENSION.source]: source, [DIMENSION.reason]: reason },
      statistic: 'Sum',
    })),
    from,
    to,
  );
  const rejections = asked
    .map((one, at): RejectionCount => ({ ...one, count: (values[at] ?? []).reduce((sum, value) => sum + value, 0) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ from: new Date(from).toISOString(), rejections }),
  };
}
