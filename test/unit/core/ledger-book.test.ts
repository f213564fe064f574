import {
  type Booking,
  bookings,
  hoursSince,
  keep,
  type LedgerBook,
  type Minutes,
  missingOf,
} from '../../../lambdas/core/ledger/ledger-book.ts';
import type { EventRecord } from '../../../lambdas/core/record.ts';

/** Sunday 2026-11-22 08:00:00 UTC. */
const EIGHT = 1_795_334_400_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function event(receivedAt: number): EventRecord {
  return {
    v: 1,
    pk: `stripe#${receivedAt}`,
    status: 'DONE',
    source: 'stripe',
    type: 'invoice.paid',
    bodySha256: 'a'.repeat(64),
    bodyBytes: 2,
    receivedAt,
    epoch: 0,
    attempt: 1,
    expiresAt: 2_000_000_000,
  };
}

function inMemory(): LedgerBook & { readonly writes: string[] } {
  const rows = new Map<string, Minutes>();
  const writes: string[] = [];
  return {
    writes,
    read: (source, hour) => Promise.resolve(rows.get(`${source} ${hour}`)),
    write: (source, hour, minutes) => {
      writes.push(`${source} ${new Date(hour).toISOString()}`);
      rows.set(`${source} ${hour}`, minutes);
      return Promise.resolve();
    },
  };
}

async function book(records: readonly EventRecord[], ledger: LedgerBook): Promise<readonly Booking[]> {
  const all = await bookings(records, ['stripe'], hoursSince(EIGHT - HOUR, EIGHT + HOUR / 2), ledger);
  await keep(all, ledger);
  return all;
}

const missing = (all: readonly Booking[]) => all.map(missingOf);

test('the hours that are looked at begin with the one of the first moment', () => {
  expect(hoursSince(EIGHT - 1, EIGHT + HOUR + 1)).toEqual([EIGHT - HOUR, EIGHT, EIGHT + HOUR]);
});

test('nothing is missing of what is seen for the first time, and it is written once', async () => {
  const ledger = inMemory();
  const records = [event(EIGHT), event(EIGHT + 1), event(EIGHT + 59 * MINUTE)];

  expect(missing(await book(records, ledger))).toEqual([0, 0]);
  expect(missing(await book(records, ledger))).toEqual([0, 0]);
  expect(ledger.writes).toEqual(['stripe 2026-11-22T08:00:00.000Z']);
});

test('a record that is gone is missing, also when others have come since, and stays so', async () => {
  const ledger = inMemory();
  await book([event(EIGHT - 1), event(EIGHT), event(EIGHT + 1)], ledger);
  const later = [event(EIGHT), event(EIGHT + MINUTE), event(EIGHT + 2 * MINUTE)];

  expect(missing(await book(later, ledger))).toEqual([1, 1]);
  expect(missing(await book(later, ledger))).toEqual([1, 1]);
});

test('records of before the first count are not known, so nothing of them is missing', async () => {
  expect(missing(await book([], inMemory()))).toEqual([0, 0]);
});
