import { createHash, createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type BodyRows, bodyRows } from '../../lambdas/adapters/dynamodb/body-rows.ts';
import { readTogether } from '../../lambdas/adapters/dynamodb/rows.ts';
import { s3Blobs } from '../../lambdas/adapters/s3-blobs.ts';
import { removeData, temporaryData, until } from '../support/host.ts';
import { Gateway } from '../support/trial/gateway.ts';
import { CREDENTIALS, TestServices } from './services.ts';

const KIB = 1024;
const BUCKET = 'payloads';
const EXPIRES_AT = 1_800_000_000;

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('the adapters', () => {
  const services = new TestServices();
  let client: DynamoDBClient;
  let bodies: BodyRows;
  let s3: string;
  let dynamodb: string;

  beforeAll(async () => {
    const endpoints = await services.start();
    s3 = endpoints.s3;
    dynamodb = endpoints.dynamodb;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: s3,
      AWS_REGION: CREDENTIALS.region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
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
    await fetch(`${s3}/${BUCKET}`, { method: 'PUT' });
    bodies = bodyRows(client, 'records', s3Blobs(BUCKET));
  });

  afterAll(async () => {
    client.destroy();
    await services.end();
  });

  async function rowOf(pk: string, bytes: Buffer) {
    const Key = { pk: { S: pk }, sk: { S: `BODY#${hash(bytes)}` } };
    return (await client.send(new GetItemCommand({ TableName: 'records', Key, ConsistentRead: true }))).Item;
  }

  /** Bytes that gzip can't make smaller, so many that their gzip is of exactly this size. */
  function bytesWhoseGzipIs(size: number): Buffer {
    const random = randomBytes(size);
    // Deflate stores them as they are, in blocks with a header each: some hundred bytes more or less.
    const near = size - (gzipSync(random).length - size);
    for (let length = near - 20; length < near + 20; length++) {
      const bytes = random.subarray(0, length);
      if (gzipSync(bytes).length === size) return bytes;
    }
    throw new Error(`no bytes have a gzip of ${size}`);
  }

  test.each([
    ['one byte below 256 KiB gzip', 256 * KIB - 1, 'row'],
    ['exactly 256 KiB gzip', 256 * KIB, 'row'],
    ['one byte above 256 KiB gzip', 256 * KIB + 1, 'object'],
  ])('%s goes into the row or the object, and comes back to the byte', async (name, size, place) => {
    const bytes = bytesWhoseGzipIs(size);
    await bodies.put(name, { sha256: hash(bytes), bytes, expiresAt: EXPIRES_AT });

    const row = await rowOf(name, bytes);
    expect(Object.keys(row ?? {}).sort()).toEqual(
      place === 'row' ? ['expiresAt', 'gzip', 'pk', 'sk'] : ['expiresAt', 'object', 'pk', 'sk'],
    );
    expect((await bodies.get(name, hash(bytes))) as Buffer).toEqual(bytes);
  });

  test.each([
    ['exactly 4 MiB', 4 * KIB * KIB, true],
    ['one byte above 4 MiB, which no source lets in', 4 * KIB * KIB + 1, false],
  ])('%s of zeros, a few KiB as gzip', async (name, size, whole) => {
    const bytes = Buffer.alloc(size);
    await bodies.put(name, { sha256: hash(bytes), bytes, expiresAt: EXPIRES_AT });
    const read = await bodies.get(name, hash(bytes));

    expect(Buffer.isBuffer(read) ? read.equals(bytes) : read).toBe(whole ? true : 'corrupt');
  });

  test('an object that is gone is missing, and so is a row', async () => {
    const bytes = bytesWhoseGzipIs(256 * KIB + 1);
    await bodies.put('gone', { sha256: hash(bytes), bytes, expiresAt: EXPIRES_AT });
    const name = (await rowOf('gone', bytes))?.object?.S ?? '';
    expect((await fetch(`${s3}/${BUCKET}/${name}`, { method: 'DELETE' })).status).toBe(204);

    expect(await bodies.get('gone', hash(bytes))).toBeUndefined();
    expect(await bodies.get('never', hash(bytes))).toBeUndefined();
  });

  test.each<[string, Buffer]>([
    ['bytes that are no gzip', Buffer.from('no gzip')],
    ['a gzip that was cut off', gzipSync(Buffer.from('{"id":"evt_1"}')).subarray(0, 20)],
    ['the gzip of something else', gzipSync(Buffer.from('{"id":"evt_2"}'))],
  ])('%s in the row is corrupt', async (name, gzip) => {
    const bytes = Buffer.from('{"id":"evt_1"}');
    await bodies.put(name, { sha256: hash(bytes), bytes, expiresAt: EXPIRES_AT });
    await client.send(
      new UpdateItemCommand({
        TableName: 'records',
        Key: { pk: { S: name }, sk: { S: `BODY#${hash(bytes)}` } },
        UpdateExpression: 'SET gzip = :gzip',
        ExpressionAttributeValues: { ':gzip': { B: gzip } },
      }),
    );

    expect(await bodies.get(name, hash(bytes))).toBe('corrupt');
  });

  describe('reading together', () => {
    let together: BodyRows;
    let watched: DynamoDBClient;
    const calls: string[] = [];
    const payloads = ['one', 'two', 'three'].map(
      (name) => [`together#${name}`, Buffer.from(`{"id":"${name}"}`)] as const,
    );

    beforeAll(async () => {
      watched = new DynamoDBClient({ ...CREDENTIALS, endpoint: dynamodb });
      watched.middlewareStack.add(
        (next, { commandName }) =>
          (args) => {
            calls.push(commandName ?? '');
            return next(args);
          },
        { step: 'initialize' },
      );
      together = bodyRows(watched, 'records', s3Blobs(BUCKET), readTogether(watched, 'records'));
      for (const [pk, bytes] of payloads) await together.put(pk, { sha256: hash(bytes), bytes, expiresAt: EXPIRES_AT });
    });
    beforeEach(() => calls.splice(0));
    afterAll(() => watched.destroy());

    test('payloads asked for in one moment come in one request, each to whom it belongs', async () => {
      const asked = [...payloads, ['together#never', Buffer.from('{}')] as const, ...payloads.slice(0, 1)];
      const read = await Promise.all(asked.map(([pk, bytes]) => together.get(pk, hash(bytes))));

      expect(read.map((bytes) => bytes?.toString())).toEqual([
        '{"id":"one"}',
        '{"id":"two"}',
        '{"id":"three"}',
        undefined,
        '{"id":"one"}',
      ]);
      expect(calls).toEqual(['BatchGetItemCommand']);
    });

    test('one alone is read by itself, and so is one that comes later', async () => {
      for (const [pk, bytes] of payloads.slice(0, 2)) expect(await together.get(pk, hash(bytes))).toEqual(bytes);

      expect(calls).toEqual(['GetItemCommand', 'GetItemCommand']);
    });

    test('a request that fails fails for each of them, and the next is a new one', async () => {
      const lost = bodyRows(watched, 'records', s3Blobs(BUCKET), readTogether(watched, 'no-such-table'));
      const tries = () => Promise.allSettled(payloads.map(([pk, bytes]) => lost.get(pk, hash(bytes))));

      expect((await tries()).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect((await tries()).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(calls).toEqual(['BatchGetItemCommand', 'BatchGetItemCommand']);
    });
  });
});

test('what a full answer left out is read by itself', async () => {
  const row = (name: string) => ({ pk: { S: name }, sk: { S: 'BODY#1' }, gzip: { B: Buffer.from(name) } });
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    void json(request).then((input) => {
      asked.push(input);
      const { RequestItems, Key } = input as {
        readonly RequestItems?: {
          readonly records: { readonly Keys: readonly { readonly pk: { readonly S: string } }[] };
        };
        readonly Key?: { readonly pk: { readonly S: string } };
      };
      const [first, ...others] = RequestItems?.records.Keys ?? [];
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(
        JSON.stringify(
          Key
            ? { Item: row(Key.pk.S) }
            : {
                Responses: { records: [row(first?.pk.S ?? '')] },
                UnprocessedKeys: { records: { Keys: others, ConsistentRead: true } },
              },
        ),
      );
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new DynamoDBClient({ ...CREDENTIALS, endpoint: `http://127.0.0.1:${port}` });
  const read = readTogether(client, 'records');
  const rows = await Promise.all(['a', 'b', 'c'].map((name) => read({ pk: { S: name }, sk: { S: 'BODY#1' } })));

  expect(rows.map((found) => found?.pk)).toEqual([{ S: 'a' }, { S: 'b' }, { S: 'c' }]);
  expect(asked).toHaveLength(3);
  client.destroy();
  server.close();
});

describe('the gateway', () => {
  let data: string;
  let gateway: Gateway;
  const secrets = new Map<string, string>();

  beforeAll(async () => {
    data = temporaryData();
    gateway = await Gateway.start(data);
    for (const source of ['scalekit', 'large']) secrets.set(source, await gateway.secret(source));
  });

  afterAll(async () => {
    await gateway?.stop();
    removeData(data);
  });

  /** A signed event of exactly so many bytes. */
  async function deliver(source: string, name: string, size: number): Promise<number> {
    const empty = JSON.stringify({ id: name, type: 'trial.happened', name, pad: '' });
    const body = empty.replace(
      '"pad":""',
      `"pad":"${randomBytes(size)
        .toString('base64')
        .slice(0, size - empty.length)}"`,
    );
    expect(Buffer.byteLength(body)).toBe(size);
    const seconds = String(Math.floor(Date.now() / 1000));
    const key = Buffer.from((secrets.get(source) ?? '').replace(/^whsec_/, ''), 'base64');
    const mac = createHmac('sha256', key).update(`${name}.${seconds}.${body}`).digest('base64');
    const headers = { 'webhook-id': name, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac}` };
    const answer = await fetch(`${gateway.host.url}/webhooks/${source}`, { method: 'POST', headers, body });
    await answer.text();
    return answer.status;
  }

  async function viewOf(source: string, name: string): Promise<{ status?: string; lastError?: string | null }> {
    const answer = await fetch(`${gateway.host.url}/admin/events/${source}/${name}`);
    return answer.ok ? ((await answer.json()) as { status: string; lastError: string | null }) : {};
  }

  test.each([
    ['scalekit', 'one-below-1-mib', KIB * KIB - 1, 201],
    ['scalekit', 'exactly-1-mib', KIB * KIB, 201],
    ['scalekit', 'one-above-1-mib', KIB * KIB + 1, 413],
    ['large', 'one-below-4-mib', 4 * KIB * KIB - 1, 201],
    ['large', 'exactly-4-mib', 4 * KIB * KIB, 201],
    ['large', 'one-above-4-mib', 4 * KIB * KIB + 1, 413],
  ])('of %s, %s (%d bytes), is answered %d', async (source, name, size, status) => {
    expect(await deliver(source, name, size)).toBe(status);
    if (status === 413) return expect(await viewOf(source, name)).toEqual({});
    await until(
      async () => (await viewOf(source, name)).status === 'DONE',
      () => `${source} ${name} is not done`,
    );
  });
});
