import type { AdminRequest } from './admin.ts';
import { type LedgerPorts, readLedger } from '../ledger/read-ledger.ts';
import type { Clock } from '../ports.ts';
import { problem } from './problem.ts';
import type { Answer } from '../verdict.ts';

const DEFAULT_HOURS = 3;
const MOST_HOURS = 48;
/** What one request reads at most: some seconds of its 20. */
const MOST_RECORDS = 20_000;

export interface AdminLedgerPorts extends LedgerPorts {
  readonly clock: Clock;
}

/** `GET /admin/ledger`: what became of the events of the last hours. */
export async function administerLedger(
  { method, path, query }: AdminRequest,
  ports: AdminLedgerPorts,
): Promise<Answer> {
  if (path.length > 1) return problem(404, 'No such resource.', { resource: path.join('/') });
  if (method !== 'GET') return problem(405, 'Only GET.', {}, { allow: 'GET' });
  const hours = query.get('hours') ?? String(DEFAULT_HOURS);
  if (!/^\d{1,2}$/.test(hours) || Number(hours) < 1 || Number(hours) > MOST_HOURS)
    return problem(400, `hours is a whole number from 1 to ${MOST_HOURS}.`, { field: 'hours' });
  const { from, rows, cut } = await readLedger(ports, {
    now: ports.clock.now(),
    hours: Number(hours),
    most: MOST_RECORDS,
  });
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      from: new Date(from).toISOString(),
      complete: cut.length === 0,
      cut,
      rows,
    }),
  };
}
