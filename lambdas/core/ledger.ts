import type { EventRecord } from './record.ts';

/** What became of the events of one source that came in one hour. `accepted` is the sum of the next four. */
export interface LedgerRow {
  readonly source: string;
  /** Its beginning, ISO 8601, UTC. */
  readonly hour: string;
  readonly accepted: number;
  readonly done: number;
  readonly filtered: number;
  readonly parked: number;
  readonly inFlight: number;
  /** Of those in flight: what should have moved by now and has not. */
  readonly overdue: number;
}

const HOUR_MS = 60 * 60_000;
/** Beyond the time that a record itself names. */
const GRACE_MS = 60_000;
/** A message whose execution was killed comes back when its queue's visibility timeout ends, after the lease. */
const VISIBILITY_MS = 180_000;

/** Books events by source and hour, newest hour first. */
export function ledgerOf(records: readonly EventRecord[], now: number): readonly LedgerRow[] {
  const rows = new Map<string, { -readonly [Column in keyof LedgerRow]: LedgerRow[Column] }>();
  for (const record of records) {
    const { source, status } = record;
    const hour = new Date(Math.floor(record.receivedAt / HOUR_MS) * HOUR_MS).toISOString();
    const key = `${hour} ${source}`;
    const row = rows.get(key) ?? {
      source,
      hour,
      accepted: 0,
      done: 0,
      filtered: 0,
      parked: 0,
      inFlight: 0,
      overdue: 0,
    };
    rows.set(key, row);
    row.accepted++;
    switch (status) {
      case 'DONE':
        row.done++;
        break;
      case 'FILTERED':
        row.filtered++;
        break;
      case 'PARKED':
        row.parked++;
        break;
      case 'RECEIVED':
      case 'PROCESSING':
      case 'FAILED':
        row.inFlight++;
        if (isOverdue(record, now)) row.overdue++;
    }
  }
  return [...rows.values()].sort((a, b) => (a.hour === b.hour ? compare(a.source, b.source) : compare(b.hour, a.hour)));
}

/**
 * Whether the next thing that should have happened to an event has not: its message is lost, or its queue is behind.
 * The record itself says when that would be.
 */
export function isOverdue(record: EventRecord, now: number): boolean {
  switch (record.status) {
    case 'RECEIVED':
      return now > (record.outboxAt ?? record.receivedAt) + GRACE_MS;
    case 'PROCESSING':
      return now > (record.leaseUntil ?? record.receivedAt) + VISIBILITY_MS + GRACE_MS;
    case 'FAILED':
      return now > (record.nextAt ?? record.receivedAt) + GRACE_MS;
    case 'DONE':
    case 'PARKED':
    case 'FILTERED':
      return false;
  }
}

/** How many are overdue, for every source, also where none is. */
export function overdueBySource(
  records: readonly EventRecord[],
  sources: readonly string[],
  now: number,
): ReadonlyMap<string, number> {
  const counts = new Map(sources.map((source) => [source, 0]));
  for (const record of records) {
    if (isOverdue(record, now)) counts.set(record.source, (counts.get(record.source) ?? 0) + 1);
  }
  return counts;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
