import type { AdminRequest, EventLog } from './admin.ts';
import { bookings, HOUR_MS, hourOf, hoursSince, type LedgerBook } from '../ledger/ledger-book.ts';
import { ledgerOf } from '../ledger/ledger.ts';
import type { Clock } from '../ports.ts';
import { problem } from './problem.ts';
import type { timeoutsOf } from '../source.ts';
import type { Answer } from '../verdict.ts';

const DEFAULT_HOURS = 3;
const MOST_HOURS = 48;
/** What one request reads at most: some seconds of its 20. */
const MOST_RECORDS = 20_000;

export interface AdminLedgerPorts {
  readonly log: Pick<EventLog, 'since'>;
  readonly book: Pick<LedgerBook, 'read'>;
  readonly clock: Clock;
  readonly sources: readonly string[];
  /** How long the function of an event may take. */
  readonly timeoutOf: ReturnType<typeof timeoutsOf>;
}

/** `GET /admin/ledger`: what became of the events of the last hours. */
export async function administerLedger(
  { method, path, query }: AdminRequest,
  { log, book, clock, sources, timeoutOf }: AdminLedgerPorts,
): Promise<Answer> {
  if (path.length > 1) return problem(404, 'No such resource.', { resource: path.join('/') });
  if (method !== 'GET') return problem(405, 'Only GET.', {}, { allow: 'GET' });
  const hours = query.get('hours') ?? String(DEFAULT_HOURS);
  if (!/^\d{1,2}$/.test(hours) || Number(hours) < 1 || Number(hours) > MOST_HOURS)
    return problem(400, `hours is a whole number from 1 to ${MOST_HOURS}.`, { field: 'hours' });
  const now = clock.now();
  const from = hourOf(now) - (Number(hours) - 1) * HOUR_MS;
  const { records, cut } = await log.since(sources, from, MOST_RECORDS);
  // What was not read is not missing.
  const whole = sources.filter((source) => !cut.includes(source));
  const booked = await bookings(records, whole, hoursSince(from, now), book);
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: new Date(from).toISOString(),
      complete: cut.length === 0,
      cut,
      rows: ledgerOf(records, booked, now, timeoutOf),
    }),
  };
}
