import type { HistoryEntry } from '../lambdas/core/history.ts';
import { span } from './span.ts';
import { table } from './table.ts';

/** What happened to an event, oldest first: when each thing ended, what lay between it and the one before. */
export function historyTable(entries: readonly HistoryEntry[]): string {
  const rows = entries.map(({ at, what, outcome, attempt, ms, waitedMs, reason, who }) => [
    at,
    waitedMs === null ? '-' : waitedMs < 1_000 ? `${waitedMs} ms` : span(waitedMs),
    attempt === null ? what : `${what} ${attempt}`,
    outcome,
    ms === null ? '-' : `${ms} ms`,
    [reason, who === null ? null : `by ${who}`].filter((part) => part !== null).join(', ') || '-',
  ]);
  return table(['ENDED', 'WAITED', 'WHAT', 'OUTCOME', 'TOOK', 'REASON'], rows);
}
