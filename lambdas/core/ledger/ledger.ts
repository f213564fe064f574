import { type Booking, hourOf, missingOf } from './ledger-book.ts';
import type { Seconds } from '../processor.ts';
import type { EventRecord } from '../record.ts';
import { DEAD_LETTER_WAIT_SECONDS } from '../processing/retry.ts';
import { visibilityOf } from '../processing/timeout.ts';

/** What became of the events of one source that came in one hour. `accepted` is the sum of the others but `overdue`. */
export interface LedgerRow {
  readonly source: string;
  /** Its beginning, ISO 8601, UTC. */
  readonly hour: string;
  readonly accepted: number;
  readonly done: number;
  readonly filtered: number;
  readonly parked: number;
  readonly inFlight: number;
  /** They were recorded, and their records are gone. */
  readonly missing: number;
  /** Of those in flight: what should have moved by now and has not. */
  readonly overdue: number;
}

/** Beyond the time that a record itself names. */
const GRACE_MS = 60_000;

type Row = { -readonly [Column in keyof LedgerRow]: LedgerRow[Column] };

/**
 * Books events by source and hour, newest hour first.
 *
 * @param booked what was counted of these hours before; none of sources whose records are not complete
 */
export function ledgerOf(
  records: readonly EventRecord[],
  booked: readonly Booking[],
  now: number,
  timeoutOf: TimeoutOf,
): readonly LedgerRow[] {
  const rows = new Map<string, Row>();
  const rowOf = (source: string, at: number): Row => {
    const hour = new Date(hourOf(at)).toISOString();
    const key = `${hour} ${source}`;
    const row = rows.get(key) ?? { source, hour, ...NOTHING };
    rows.set(key, row);
    return row;
  };
  for (const record of records) {
    const row = rowOf(record.source, record.receivedAt);
    row.accepted++;
    switch (record.status) {
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
        if (isOverdue(record, now, timeoutOf)) row.overdue++;
    }
  }
  for (const booking of booked) {
    const missing = missingOf(booking);
    if (missing === 0) continue;
    const row = rowOf(booking.source, booking.hour);
    row.missing += missing;
    row.accepted += missing;
  }
  return [...rows.values()].sort((a, b) => (a.hour === b.hour ? compare(a.source, b.source) : compare(b.hour, a.hour)));
}

const NOTHING = { accepted: 0, done: 0, filtered: 0, parked: 0, inFlight: 0, missing: 0, overdue: 0 };

/**
 * Whether the next thing that should have happened to an event has not: its message is lost, or its queue is behind.
 * The record itself says when that would be.
 */
export function isOverdue(record: EventRecord, now: number, timeoutOf: TimeoutOf): boolean {
  switch (record.status) {
    case 'RECEIVED':
      return now > (record.outboxAt ?? record.receivedAt) + GRACE_MS;
    case 'PROCESSING':
      return now > (record.leaseUntil ?? record.receivedAt) + hiddenMs(record, timeoutOf) + GRACE_MS;
    case 'FAILED':
      return now > (record.nextAt ?? record.receivedAt) + GRACE_MS;
    case 'DONE':
    case 'PARKED':
    case 'FILTERED':
      return false;
  }
}

/** How long an execution of an event's function may take. */
type TimeoutOf = (event: EventRecord) => Seconds;

/** A message whose execution was killed comes back when its queue's visibility timeout ends, after the lease. */
function hiddenMs(record: EventRecord, timeoutOf: TimeoutOf): number {
  const main = visibilityOf(timeoutOf(record));
  return 1000 * (record.movedAt === undefined ? main : Math.max(DEAD_LETTER_WAIT_SECONDS, main));
}

/** Of one source, over all hours that were looked at. */
export interface Balance {
  readonly overdue: number;
  readonly missing: number;
}

/**
 * The ledger's rows added up for every source, also where there are none. A source that was not read whole is only there
 * if what was read is overdue: of the others nothing is known, and 0 would say that all is well.
 */
export function balances(
  rows: readonly LedgerRow[],
  sources: readonly string[],
  cut: readonly string[],
): ReadonlyMap<string, Balance> {
  const all = new Map<string, Balance>(sources.map((source) => [source, { overdue: 0, missing: 0 }]));
  for (const { source, overdue, missing } of rows) {
    const sum = all.get(source);
    if (sum) all.set(source, { overdue: sum.overdue + overdue, missing: sum.missing + missing });
  }
  for (const source of cut) if (all.get(source)?.overdue === 0) all.delete(source);
  return all;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
