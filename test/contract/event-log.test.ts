import { eventLog } from '../../lambdas/adapters/event-log.ts';
import { BadCursor, type EventLog } from '../../lambdas/core/admin.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openDynalite, type TableUnderTest } from './stores.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 60 * 60_000;

let table: TableUnderTest;
let log: EventLog;

beforeAll(async () => {
  table = await openDynalite();
  log = eventLog({ ...table, clock: new ManualClock(NOW) });
}, 60_000);

afterAll(() => table.close(), 30_000);

let events = 0;

async function received(source: string, receivedAt: number, more: Partial<EventRecord> = {}): Promise<string> {
  const id = `evt_${++events}`;
  const pk = `${source}#${more.bodySha256 === undefined ? id : `unsigned-${id}`}`;
  await table.store.putRecord(
    {
      v: 1,
      pk,
      status: 'RECEIVED',
      source,
      eventId: id,
      type: 'x',
      bodySha256: 'a'.repeat(64),
      bodyBytes: 2,
      receivedAt,
      epoch: 0,
      attempt: 0,
      expiresAt: NOW / 1000 + 1_000_000,
      ...more,
    },
    NOW,
  );
  return id;
}

/** All events, page by page. */
async function walk(query: Omit<Parameters<EventLog['list']>[0], 'cursor'>): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await log.list({ ...query, ...(cursor !== undefined && { cursor }) });
    pages.push(page.events.map(({ eventId }) => eventId ?? ''));
    cursor = page.next;
  } while (cursor !== undefined);
  return pages;
}

test('events of several sources and days are listed newest first, in pages', async () => {
  const oldest = await received('a', NOW - 50 * HOUR);
  const newest = await received('a', NOW - HOUR);
  const yesterday = await received('b', NOW - 20 * HOUR);
  const today = await received('b', NOW - 2 * HOUR);

  expect(await walk({ sources: ['a', 'b'], limit: 3 })).toEqual([[newest, today, yesterday], [oldest]]);
  expect(await walk({ sources: ['b'], limit: 1 })).toEqual([[today], [yesterday], []]);
});

test('events of the same millisecond are each listed once', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 60; i++) ids.push(await received('burst', NOW - 3 * HOUR));
  const pages = await walk({ sources: ['burst'], limit: 7 });

  expect(pages.flat().sort()).toEqual([...ids].sort());
});

test('a status is looked for through all pages', async () => {
  for (let i = 0; i < 40; i++) await received('rare', NOW - HOUR - i, { status: i === 35 ? 'PARKED' : 'DONE' });

  expect((await walk({ sources: ['rare'], status: 'PARKED', limit: 5 })).flat()).toEqual(['evt_100']);
});

test('an expired record is not listed, although TTL has not deleted it yet', async () => {
  await received('old', NOW - HOUR, { expiresAt: NOW / 1000 });

  expect(await walk({ sources: ['old'], limit: 5 })).toEqual([[]]);
});

test('an event is found by its key, and by the provider’s id where the key is another', async () => {
  const signed = await received('signed', NOW);
  const unsigned = await received('unsigned', NOW, { bodySha256: 'b'.repeat(64) });

  expect((await log.find('signed', signed))?.pk).toBe(`signed#${signed}`);
  expect((await log.find('unsigned', unsigned))?.pk).toBe(`unsigned#unsigned-${unsigned}`);
  expect(await log.find('signed', unsigned)).toBeUndefined();
});

test.each(['', '!!', 'e30', Buffer.from('[1e99,"x"]').toString('base64url')])(
  'a cursor that nobody was given is refused: "%s"',
  async (cursor) => {
    await expect(log.list({ sources: ['a'], limit: 5, cursor })).rejects.toThrow(BadCursor);
  },
);

test('all events since a moment are read over days, up to so many', async () => {
  const before = await received('s', NOW - 30 * HOUR);
  const yesterday = await received('s', NOW - 20 * HOUR);
  const today = await received('s', NOW - HOUR);
  const idsOf = (records: readonly EventRecord[]) => records.map(({ eventId }) => eventId);
  const all = await log.since(['s'], NOW - 25 * HOUR, 100);
  const some = await log.since(['s'], NOW - 25 * HOUR, 1);

  expect([idsOf(all.records), all.complete]).toEqual([[today, yesterday], true]);
  expect([idsOf(some.records), some.complete]).toEqual([[today], false]);
  expect(idsOf(all.records)).not.toContain(before);
});
