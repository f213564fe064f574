import { type AttributeValue, DynamoDBClient, CreateTableCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { bodyRows } from '../../lambdas/adapters/dynamodb/body-rows.ts';
import { dynamoStore } from '../../lambdas/adapters/dynamodb/store.ts';
import { type EventRecord, LONGEST_BYTES } from '../../lambdas/core/record.ts';
import { META } from '../../lambdas/core/table.ts';
import { CREDENTIALS, TestServices } from './services.ts';

const services = new TestServices();
const NOW = 1_795_334_400_123;
const SECONDS = Math.floor(NOW / 1000);
/** As long as the sources and routes of the configuration shipped here, and some more. */
const SOURCE = 'a-source-of-20-bytes';
const ROUTE = 'a-route-of-some-length-32-bytes-';
/** The longest type of the samples is 44 bytes. */
const TYPE = 'customer.subscription.pending_update_applied.and_twenty_bytes_ok';
const OWNER = '7d0c1a2b-1111-2222-3333-444455556666/7d0c1a2b-1111-2222-3333-444455556666';

let client: DynamoDBClient;
let store: ReturnType<typeof dynamoStore>;

beforeAll(async () => {
  const endpoints = await services.start();
  client = new DynamoDBClient({ ...CREDENTIALS, endpoint: endpoints.dynamodb });
  await client.send(
    new CreateTableCommand({
      TableName: 'records',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  const blobs = { put: () => Promise.resolve(), get: () => Promise.resolve(undefined) };
  store = dynamoStore({ client, tableName: 'records', bodies: bodyRows(client, 'records', blobs) });
});

afterAll(async () => {
  client?.destroy();
  await services.end();
});

/**
 * Names and strings count their UTF-8 bytes, numbers a byte for two digits and one more, booleans one:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
function sizeOf(item: Record<string, AttributeValue>): number {
  let bytes = 0;
  for (const [name, { S, N, BOOL }] of Object.entries(item)) {
    bytes += Buffer.byteLength(name);
    if (S !== undefined) bytes += Buffer.byteLength(S);
    else if (N !== undefined) bytes += Math.ceil(N.replace(/\D/g, '').length / 2) + 1;
    else if (BOOL !== undefined) bytes += 1;
    else throw new Error(`${name} is of a type that META has not`);
  }
  return bytes;
}

async function itemOf(pk: string): Promise<Record<string, AttributeValue>> {
  const Key = { pk: { S: pk }, sk: { S: META } };
  const { Item = {} } = await client.send(new GetItemCommand({ TableName: 'records', Key }));
  return Item;
}

function record(key: string, more: Partial<EventRecord>): EventRecord {
  return {
    v: 1,
    pk: `${SOURCE}#${key}`,
    status: 'RECEIVED',
    source: SOURCE,
    type: TYPE,
    route: ROUTE,
    orderKey: 'o'.repeat(LONGEST_BYTES.orderKey),
    bodySha256: 'a'.repeat(64),
    bodyBytes: 4_194_304,
    receivedAt: NOW,
    epoch: 12,
    attempt: 12,
    expiresAt: SECONDS + 2_592_000,
    outboxAt: NOW,
    outboxSends: 12,
    ...more,
  };
}

const LONGEST_ID = 'i'.repeat(256);

test.each([
  ['whose key is its id of 256 bytes', record(LONGEST_ID, { eventId: LONGEST_ID })],
  ['whose key is a hash, with an id of 256 bytes beside it', record('f'.repeat(64), { eventId: LONGEST_ID })],
])('a record %s stays within 1 KB all its life', async (_case, received) => {
  const { pk, epoch, bodySha256 } = received;
  const sizes: Record<string, number> = {};
  await store.putRecord(received, NOW);
  sizes.received = sizeOf(await itemOf(pk));
  for (const step of ['first', 'second'] as const) {
    const claim = { pk, epoch, bodySha256, owner: OWNER, now: NOW, leaseUntil: NOW + 35_000, sentAt: NOW + 1 };
    const claimed = await store.claim({ ...claim, route: `${SOURCE}/${ROUTE}`, hop: 'dead' });
    if (!claimed.claimed) throw new Error('not claimed');
    sizes[`${step} claim`] = sizeOf(await itemOf(pk));
    const fence = { pk, owner: OWNER, attempt: claimed.record.attempt };
    const lastError = 'e'.repeat(LONGEST_BYTES.lastError);
    await store.fail(fence, { nextAt: NOW + 1, lastError, movedAt: NOW });
    sizes[`${step} failure`] = sizeOf(await itemOf(pk));
  }
  expect((await store.get(pk))?.eventId).toBe(LONGEST_ID);
  expect(Object.values(sizes).filter((size) => size > 1024)).toEqual([]);
});
