import type { HistoryEntry } from '../lambdas/core/admin/event-history.ts';
import { span } from './span.ts';
import { table } from './table.ts';

/** What happened to an event, oldest first: when each thing ended, what lay between it and the one before. */
export function historyTable(entries: readonly HistoryEntry[]): string {
  const rows = folded(entries).map(({ entry: { at, what, outcome, attempt, ms, waitedMs, reason, who }, times }) => [
    at,
    waitedMs === null ? '-' : waitedMs < 1_000 ? `${waitedMs} ms` : span(waitedMs),
    attempt === null ? what : `${what} ${attempt}`,
    times === 1 ? outcome : `${outcome} ×${times}`,
    ms === null ? '-' : `${ms} ms`,
    [reason, who === null ? null : `by ${who}`].filter((part) => part !== null).join(', ') || '-',
  ]);
  return table(['ENDED', 'WAITED', 'WHAT', 'OUTCOME', 'TOOK', 'REASON'], rows);
}

/** A message on its way to the next queue is received over and over: one line for all of that. */
function folded(entries: readonly HistoryEntry[]): readonly { readonly entry: HistoryEntry; readonly times: number }[] {
  const lines: { entry: HistoryEntry; times: number }[] = [];
  for (const entry of entries) {
    const last = lines.at(-1);
    const repeats = entry.what === 'message' && last?.entry.what === 'message' && last.entry.outcome === entry.outcome;
    if (repeats && last.entry.reason === entry.reason) last.times++;
    else lines.push({ entry, times: 1 });
  }
  return lines;
}
