import type { EventLog } from './admin.ts';
import { ledgerOf } from './ledger.ts';
import { problem } from './problem.ts';
import type { Answer } from './verdict.ts';

const DEFAULT_HOURS = 3;
const MOST_HOURS = 48;
const HOUR_MS = 60 * 60_000;
/** What one request reads at most: some seconds of its 20. */
const MOST_RECORDS = 20_000;

/** `GET /admin/ledger`: what became of the events of the last hours. */
export async function ledger(
  query: ReadonlyMap<string, string>,
  sources: readonly string[],
  log: EventLog,
  now: number,
): Promise<Answer> {
  const hours = query.get('hours') ?? String(DEFAULT_HOURS);
  if (!/^\d{1,2}$/.test(hours) || Number(hours) < 1 || Number(hours) > MOST_HOURS)
    return problem(400, `hours is a whole number from 1 to ${MOST_HOURS}.`, { field: 'hours' });
  const from = Math.floor(now / HOUR_MS) * HOUR_MS - (Number(hours) - 1) * HOUR_MS;
  const { records, complete } = await log.since(sources, from, MOST_RECORDS);
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ from: new Date(from).toISOString(), complete, rows: ledgerOf(records, now) }),
  };
}
