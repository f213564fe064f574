import type { EventRecord } from '../record.ts';

/**
 * How many events of one source each minute of an hour brought: sixty numbers, each the most that was ever counted.
 *
 * An event's time of receipt never changes and its record outlives the ledger's view by weeks, so a minute's count only
 * grows. One that has become less says that records are gone, which nothing else would.
 */
export type Minutes = readonly number[];

/** What was counted before, by source and hour. An hour is named by its beginning, milliseconds since the epoch. */
export interface LedgerBook {
  /** Undefined: nothing was counted yet. */
  read(source: string, hour: number): Promise<Minutes | undefined>;
  write(source: string, hour: number, minutes: Minutes): Promise<void>;
}

/** One source's hour: what the book has of it, and what is there now. */
export interface Booking {
  readonly source: string;
  readonly hour: number;
  readonly booked: Minutes;
  readonly counted: Minutes;
}

export const HOUR_MS = 60 * 60_000;
const MINUTE_MS = 60_000;
const NONE: Minutes = Array.from({ length: HOUR_MS / MINUTE_MS }, () => 0);

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/** The hours from one to the one of `now`, newest last. */
export function hoursSince(from: number, now: number): readonly number[] {
  const first = hourOf(from);
  return Array.from({ length: (hourOf(now) - first) / HOUR_MS + 1 }, (_, i) => first + i * HOUR_MS);
}

/** Reads the book for every source and hour, beside what the records say. */
export async function bookings(
  records: readonly EventRecord[],
  sources: readonly string[],
  hours: readonly number[],
  book: Pick<LedgerBook, 'read'>,
): Promise<readonly Booking[]> {
  const counted = countByMinute(records);
  return Promise.all(
    sources.flatMap((source) =>
      hours.map(async (hour) => ({
        source,
        hour,
        booked: (await book.read(source, hour)) ?? NONE,
        counted: counted.get(`${source}/${hour}`) ?? NONE,
      })),
    ),
  );
}

/** Writes what was counted where it is more than what is booked. */
export async function keep(all: readonly Booking[], book: Pick<LedgerBook, 'write'>): Promise<void> {
  for (const { source, hour, booked, counted } of all) {
    const most = counted.map((count, minute) => Math.max(count, booked[minute] ?? 0));
    if (most.some((count, minute) => count !== booked[minute])) await book.write(source, hour, most);
  }
}

/** How many records of that hour were there and are no more. */
export function missingOf({ booked, counted }: Booking): number {
  return booked.reduce((sum, count, minute) => sum + Math.max(0, count - (counted[minute] ?? 0)), 0);
}

function countByMinute(records: readonly EventRecord[]): ReadonlyMap<string, Minutes> {
  const counts = new Map<string, number[]>();
  for (const { source, receivedAt } of records) {
    const hour = hourOf(receivedAt);
    const key = `${source}/${hour}`;
    const minutes = counts.get(key) ?? [...NONE];
    const minute = Math.floor((receivedAt - hour) / MINUTE_MS);
    minutes[minute] = (minutes[minute] ?? 0) + 1;
    counts.set(key, minutes);
  }
  return counts;
}
