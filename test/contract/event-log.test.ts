import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { bodyRows } from '../../lambdas/adapters/dynamodb/body-rows.ts';
import { dynamoStore } from '../../lambdas/adapters/dynamodb/store.ts';
import { eventLog } from '../../lambdas/adapters/dynamodb/event-log.ts';
import { BadCursor, type EventLog } from '../../lambdas/core/admin/admin.ts';
import { bodyKey, type EventRecord } from '../../lambdas/core/record.ts';
import { settledEvents } from '../../lambdas/core/ledger/settled.ts';
import { LIST_BY, META } from '../../lambdas/core/table.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openDynalite, type TableUnderTest } from './stores.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 60 * 60_000;

let table: TableUnderTest;
let log: EventLog;
/** Of a stage that lists by type and by every status. */
let indexed: TableUnderTest;
let indexedLog: EventLog;

beforeAll(async () => {
  table = await openDynalite();
  log = eventLog({ ...table, clock: new ManualClock(NOW) });
  const { client, tableName } = table;
  const bodies = bodyRows(client, tableName, { put: () => Promise.resolve(), get: () => Promise.resolve(undefined) });
  indexed = { ...table, store: dynamoStore({ client, tableName, bodies, listBy: LIST_BY }) };
  indexedLog = eventLog({ ...indexed, clock: new ManualClock(NOW), listBy: LIST_BY });
});

afterAll(() => table.close());

let events = 0;

async function received(
  source: string,
  receivedAt: number,
  more: Partial<EventRecord> = {},
  { store } = table,
): Promise<string> {
  const id = `evt_${++events}`;
  const pk = `${source}#${more.bodySha256 === undefined ? id : `unsigned-${id}`}`;
  const record: EventRecord = {
    v: 1,
    pk,
    status: 'RECEIVED',
    source,
    eventId: id,
    type: 'x',
    route: 'any',
    bodySha256: 'a'.repeat(64),
    bodyBytes: 2,
    receivedAt,
    epoch: 0,
    attempt: 0,
    expiresAt: NOW / 1000 + 1_000_000,
    ...more,
  };
  await store.putRecord(record, NOW);
  const { bodySha256: sha256, expiresAt } = record;
  const at = bodyKey(record);
  if (at !== pk) await store.putBody(at, { sha256, record: pk, bytes: Buffer.alloc(0), expiresAt });
  return id;
}

/** So many events, 40 at a time. */
async function manyReceived(count: number, one: (i: number) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < count; start += 40)
    await Promise.all(Array.from({ length: Math.min(40, count - start) }, (_, i) => one(start + i)));
}

/** All events, page by page. */
async function walk(query: Omit<Parameters<EventLog['list']>[0], 'cursor'>, from = log): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await from.list({ ...query, ...(cursor !== undefined && { cursor }) });
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

describe('a list is narrowed', () => {
  const failed = { status: 'FAILED', lastError: 'Timeout: the CRM said nothing' } as const;
  const of = (source: string) => ({ sources: [source], limit: 5 });

  test('to what failed, also after 3,000 others that did not', async () => {
    const wanted = await received('narrow', NOW - 30 * HOUR, failed);
    await manyReceived(3_000, (i) => received('narrow', NOW - HOUR - i, { status: 'DONE' }));

    expect(await walk({ ...of('narrow'), status: 'FAILED' })).toEqual([[wanted]]);
  });

  test('to a type, a time and a text, all at once', async () => {
    const wanted = await received('all', NOW - 5 * HOUR, { ...failed, type: 'user.created' });
    await received('all', NOW - 5 * HOUR, { ...failed, type: 'user.deleted' });
    await received('all', NOW - 8 * HOUR, { ...failed, type: 'user.created' });
    await received('all', NOW - 5 * HOUR, { ...failed, type: 'user.created', lastError: 'other' });
    const query = { ...of('all'), type: 'user.created', text: 'the crm', from: NOW - 6 * HOUR, to: NOW };

    expect(await walk(query)).toEqual([[wanted]]);
    expect(await walk({ ...query, to: NOW - 5 * HOUR })).toEqual([[]]);
  });

  test('to one event by its id, the provider’s where that is not the key', async () => {
    const signed = await received('named', NOW - HOUR);
    const unsigned = await received('named', NOW - HOUR, { bodySha256: 'd'.repeat(64) });

    expect(await walk({ ...of('named'), text: signed })).toEqual([[signed]]);
    expect(await walk({ ...of('named'), text: unsigned })).toEqual([[unsigned]]);
    expect(await walk({ ...of('named'), text: unsigned, status: 'DONE' })).toEqual([[]]);
  });

  test('without an index for it, a page that looked at enough comes back short and goes on', async () => {
    const wanted = await received('walked', NOW - 30 * HOUR, { type: 'rare' });
    await manyReceived(700, (i) => received('walked', NOW - HOUR - i));

    expect(await walk({ ...of('walked'), type: 'rare' })).toEqual([[], [wanted]]);
  });

  test('by the stage’s choice also to any type or status in one page', async () => {
    const type = await received('chosen', NOW - 30 * HOUR, { type: 'rare' }, indexed);
    const status = await received('chosen', NOW - 31 * HOUR, { status: 'PROCESSING' }, indexed);
    await manyReceived(700, (i) => received('chosen', NOW - HOUR - i, { status: 'DONE' }, indexed));

    expect(await walk({ ...of('chosen'), type: 'rare' }, indexedLog)).toEqual([[type]]);
    expect(await walk({ ...of('chosen'), status: 'PROCESSING' }, indexedLog)).toEqual([[status]]);
  });
});

test.each(['default', 'chosen'])('the index of statuses follows a record through its life (%s)', async (which) => {
  const { store } = which === 'chosen' ? indexed : table;
  const asked = which === 'chosen' ? indexedLog : log;
  const source = `life-${which}`;
  const id = await received(source, NOW - HOUR, {}, { ...table, store });
  const pk = `${source}#${id}`;
  const life = { bodySha256: 'a'.repeat(64), now: NOW, leaseUntil: NOW + 1, hop: 'main' } as const;
  const claim = { pk, route: `${source}/any`, epoch: 0, ...life };
  const listed = async () => {
    const found: string[] = [];
    for (const status of ['FAILED', 'PARKED'] as const)
      if ((await asked.list({ sources: [source], status, limit: 5 })).events.length > 0) found.push(status);
    return found.join();
  };
  const seen = [await listed()];
  await store.claim({ ...claim, owner: 'a', sentAt: NOW });
  await store.fail({ pk, owner: 'a', attempt: 1 }, { nextAt: NOW, lastError: 'x' });
  seen.push(await listed());
  await store.claim({ ...claim, owner: 'b', sentAt: NOW });
  seen.push(await listed());
  await store.park({ pk, owner: 'b', attempt: 2 }, { movedAt: NOW, lastError: 'x' });
  seen.push(await listed());
  await store.claim({ ...claim, owner: 'c', sentAt: NOW + 1 });
  await store.complete({ pk, owner: 'c', attempt: 3 }, { doneAt: NOW, processingMs: 1 });
  seen.push(await listed());

  expect(seen).toEqual(['', 'FAILED', '', 'PARKED', '']);
  expect((await store.get(pk))?.type).toBe('x');
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

test('what is settled is not read again as long as it is there, and everything else is', async () => {
  const done = () => received('settled', NOW - HOUR, { status: 'DONE' });
  const [kept, deleted] = [await done(), await done()];
  const begun = await received('settled', NOW - HOUR);
  const settled = settledEvents(() => NOW);
  const look = async () => {
    const before = reads;
    const { records } = await log.since(['settled'], NOW - 2 * HOUR, 100, settled);
    return [records.map(({ eventId }) => eventId).sort(), reads - before];
  };
  let reads = 0;
  table.client.middlewareStack.add(
    (next) => (args) => {
      reads +=
        (args.input as { RequestItems?: Record<string, { Keys: unknown[] }> }).RequestItems?.[table.tableName]?.Keys
          .length ?? 0;
      return next(args);
    },
    { step: 'initialize' },
  );

  expect(await look()).toEqual([[kept, deleted, begun].sort(), 3]);
  expect(await look()).toEqual([[kept, deleted, begun].sort(), 1]);
  const Key = { pk: { S: `settled#${deleted}` }, sk: { S: META } };
  await table.client.send(new DeleteItemCommand({ TableName: table.tableName, Key }));
  expect(await look()).toEqual([[kept, begun].sort(), 1]);
});

test('all events since a moment are read over days, up to so many', async () => {
  const before = await received('s', NOW - 30 * HOUR);
  const yesterday = await received('s', NOW - 20 * HOUR);
  const today = await received('s', NOW - HOUR);
  const idsOf = (records: readonly EventRecord[]) => records.map(({ eventId }) => eventId);
  const all = await log.since(['s'], NOW - 25 * HOUR, 100);
  const some = await log.since(['s'], NOW - 25 * HOUR, 1);

  expect([idsOf(all.records), all.cut]).toEqual([[yesterday, today], []]);
  expect([idsOf(some.records), some.cut]).toEqual([[yesterday], ['s']]);
  expect(idsOf(all.records)).not.toContain(before);
});

test('a busy source takes nothing from a quiet one, and of a busy one the oldest that are not settled are read', async () => {
  const quiet = await received('quiet', NOW - HOUR);
  const busy: (string | undefined)[] = [];
  for (let i = 0; i < 6; i++)
    busy.push(await received('busy', NOW - HOUR + i, { status: i < 2 ? 'DONE' : 'RECEIVED' }));
  const settled = settledEvents(() => NOW);
  const idsOf = (records: readonly EventRecord[]) => records.map(({ eventId }) => eventId);
  const look = () => log.since(['busy', 'quiet'], NOW - 2 * HOUR, 4, settled);

  const first = await look();
  expect([idsOf(first.records), first.cut]).toEqual([[...busy.slice(0, 3), quiet], ['busy']]);
  // The two that were DONE need not be read again.
  const second = await look();
  expect([idsOf(second.records), second.cut]).toEqual([[...busy.slice(0, 5), quiet], ['busy']]);
});

test('an event whose id is asked for comes first, and those that only have it in them after it, each once', async () => {
  const old = await received('ids', NOW - 3 * HOUR);
  const idOf = (text: string) => ({ eventId: text });
  await received('ids', NOW - 2 * HOUR, idOf(`${old}-a`));
  await received('ids', NOW - HOUR, idOf(`${old}-b`));
  const expected = [old, `${old}-b`, `${old}-a`];

  for (const limit of [1, 2, 10]) {
    const seen: (string | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = await log.list({
        sources: ['ids'],
        text: String(old),
        limit,
        ...(cursor !== undefined && { cursor }),
      });
      seen.push(...page.events.map(({ eventId }) => eventId));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toEqual(expected);
  }
});
