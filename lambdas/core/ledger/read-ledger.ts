import type { EventLog } from '../admin/admin.ts';
import type { timeoutsOf } from '../source.ts';
import { type Booking, bookings, HOUR_MS, hourOf, hoursSince, keep, type LedgerBook } from './ledger-book.ts';
import { type Balance, balances, type LedgerRow, ledgerOf } from './ledger.ts';
import type { Settled } from './settled.ts';

export interface LedgerPorts {
  readonly log: Pick<EventLog, 'since'>;
  readonly book: Pick<LedgerBook, 'read'>;
  readonly sources: readonly string[];
  /** How long the function of an event may take. */
  readonly timeoutOf: ReturnType<typeof timeoutsOf>;
}

export interface LedgerRead {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** This hour and how many before it. */
  readonly hours: number;
  /** Records that are read at most. */
  readonly most: number;
  /** Events that need not be read again. */
  readonly settled?: Settled;
}

export interface Ledger {
  /** The beginning of its first hour. */
  readonly from: number;
  readonly rows: readonly LedgerRow[];
  readonly booked: readonly Booking[];
  /** Sources of which there are more events than were read: nothing is said of what they miss. */
  readonly cut: readonly string[];
}

/** What became of the events of the last hours, by source and hour. */
export async function readLedger(
  { log, book, sources, timeoutOf }: LedgerPorts,
  { now, hours, most, settled }: LedgerRead,
): Promise<Ledger> {
  const from = hourOf(now) - (hours - 1) * HOUR_MS;
  const { records, cut } = await log.since(sources, from, most, settled);
  // What was not read is not missing.
  const whole = sources.filter((source) => !cut.includes(source));
  const booked = await bookings(records, whole, hoursSince(from, now), book);
  return { from, rows: ledgerOf(records, booked, now, timeoutOf), booked, cut };
}

/** Reads the ledger, and books what it counted for those who look later. */
export async function keepLedger(
  ports: LedgerPorts & { readonly book: LedgerBook },
  read: LedgerRead,
): Promise<{ readonly balances: ReadonlyMap<string, Balance>; readonly cut: readonly string[] }> {
  const { rows, booked, cut } = await readLedger(ports, read);
  await keep(booked, ports.book);
  return { balances: balances(rows, ports.sources, cut), cut };
}
