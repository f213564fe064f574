import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type AttributeValue, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { Circuit } from '../../lambdas/core/processing/circuit.ts';
import { consume, type Outcome } from '../../lambdas/core/processing/consume.ts';
import type { ProcessorEvent } from '../../lambdas/core/processor.ts';
import { openDynalite, type TableUnderTest } from './stores.ts';

const NOW = 1_795_334_400_000;
const BODY = Buffer.from('{"type":"status_update","bot_id":"bot_1"}');
const SHA256 = createHash('sha256').update(BODY).digest('hex');

let table: TableUnderTest;

beforeAll(async () => {
  table = await openDynalite();
});

afterAll(() => table.close());

async function put(item: Record<string, AttributeValue>): Promise<void> {
  await table.client.send(new PutItemCommand({ TableName: table.tableName, Item: item }));
}

async function meta(pk: string): Promise<Record<string, AttributeValue> | undefined> {
  const Key = { pk: { S: pk }, sk: { S: 'META' } };
  return (await table.client.send(new GetItemCommand({ TableName: table.tableName, Key }))).Item;
}

/** As it stands in a table, beside its payload. */
async function stored(v: number, pk: string): Promise<Record<string, AttributeValue>> {
  const item: Record<string, AttributeValue> = {
    v: { N: String(v) },
    pk: { S: pk },
    sk: { S: 'META' },
    status: { S: 'RECEIVED' },
    source: { S: 'skribby' },
    type: { S: 'status_update' },
    route: { S: 'status-update' },
    bodySha256: { S: SHA256 },
    bodyBytes: { N: '41' },
    receivedAt: { N: '1795334400000' },
    epoch: { N: '0' },
    attempt: { N: '0' },
    expiresAt: { N: '1797926400' },
    listed: { S: 'skribby#2026-11-22' },
    alias: { S: 'skribby#d2c1' },
  };
  await put(item);
  await put({
    pk: { S: pk },
    sk: { S: `BODY#${SHA256}` },
    expiresAt: { N: '1800518400' },
    gzip: { B: gzipSync(BODY) },
  });
  return item;
}

async function taken(body: string, seen: ProcessorEvent<unknown>[]): Promise<Outcome> {
  const clock = { now: () => NOW, alarm: () => () => undefined };
  return consume(
    {
      on: '*',
      schema: { '~standard': { validate: (value) => ({ value }) } },
      handler: (event) => void seen.push(event),
    },
    { body, sentAt: NOW, hop: 'main', receives: 1, owner: 'first', deadline: NOW + 30_000 },
    {
      store: table.store,
      clock,
      random: () => 0,
      log: { info: () => undefined, warn: () => undefined },
      circuit: new Circuit({ route: 'skribby/status-update', breakers: table.breakers, clock }),
    },
  );
}

const messageOf = (v: number, pk: string) => JSON.stringify({ v, pk, epoch: 0, bodySha256: SHA256 });

test('a message and a record of the version before are understood, and the record ends as any other', async () => {
  const pk = 'skribby#of-version-0';
  await stored(0, pk);
  const seen: ProcessorEvent<unknown>[] = [];

  expect(await taken(messageOf(0, pk), seen)).toMatchObject({ outcome: 'done', record: { eventId: 'd2c1' } });
  expect(seen).toMatchObject([{ id: 'd2c1', type: 'status_update', payload: { bot_id: 'bot_1' } }]);
  expect(await meta(pk)).toMatchObject({ v: { N: '0' }, status: { S: 'DONE' }, attempt: { N: '1' } });
});

test('a record of a version to come is left as it is, and its message comes back', async () => {
  const pk = 'skribby#of-version-2';
  const before = await stored(2, pk);
  const seen: ProcessorEvent<unknown>[] = [];

  expect(await taken(messageOf(1, pk), seen)).toMatchObject({ outcome: 'deferred', why: 'newer-version' });
  expect(await meta(pk)).toEqual(before);
  expect(seen).toEqual([]);
});

test('a message of a version to come is not executed', async () => {
  expect(await taken(messageOf(2, 'skribby#of-version-0'), [])).toMatchObject({
    outcome: 'quarantined',
    reason: 'unknown-version',
  });
});
