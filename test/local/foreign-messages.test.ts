import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonClient, jsonClient } from '../../local/aws/json-client.ts';
import { sign } from '../kill/events.ts';
import { removeData, temporaryData, until } from '../support/host.ts';
import { Gateway } from '../support/trial/gateway.ts';

const QUEUE = 'hookgate-local-inkress-effect';

let data: string;
let gateway: Gateway;
let sqs: JsonClient;
let dynamodb: JsonClient;
let secret: string;

beforeAll(async () => {
  data = temporaryData();
  gateway = await Gateway.start(data);
  const { endpoints } = gateway.host;
  sqs = jsonClient(endpoints.sqs, 'AmazonSQS');
  dynamodb = jsonClient(endpoints.dynamodb, 'DynamoDB_20120810');
  secret = await gateway.secret('inkress');
});

afterAll(async () => {
  sqs?.close();
  dynamodb?.close();
  await gateway?.stop();
  removeData(data);
});

/** A real event, done; returns what its queue carried of it. */
async function delivered(name: string): Promise<{ v: number; pk: string; epoch: number; bodySha256: string }> {
  const { url } = gateway.host;
  const secrets = { scalekit: '', inkress: secret, skribby: '' };
  const { path, headers, body } = sign({ source: 'inkress', name, forged: false, answers: [] }, secrets, Date.now());
  expect((await fetch(`${url}${path}`, { method: 'POST', headers, body })).status).toBe(200);
  await until(
    async () => (await recordOf(`inkress#${name}`))['status']?.S === 'DONE',
    () => `${name} is not done`,
  );
  const { bodySha256 } = await recordOf(`inkress#${name}`);
  return { v: 1, pk: `inkress#${name}`, epoch: 0, bodySha256: bodySha256?.S ?? '' };
}

type Item = Record<string, { S?: string; N?: string }>;

async function recordOf(pk: string): Promise<Item> {
  const Key = { pk: { S: pk }, sk: { S: 'META' } };
  return ((await dynamodb.call('GetItem', { TableName: await tableNamed('Records'), Key }))['Item'] ?? {}) as Item;
}

async function tableNamed(part: string): Promise<string> {
  const { TableNames } = (await dynamodb.call('ListTables', {})) as { TableNames: string[] };
  const name = TableNames.find((known) => known.includes(part));
  if (name === undefined) throw new Error(`no table named like ${part}: ${TableNames.join(', ')}`);
  return name;
}

async function effects(): Promise<number> {
  const { Count } = await dynamodb.call('Scan', { TableName: await tableNamed('effects') });
  return Count as number;
}

function queueUrl(hop: '' | '-dead' | '-parked'): string {
  return `${gateway.host.endpoints.sqs}/000000000000/${QUEUE}${hop}`;
}

async function send(body: string): Promise<void> {
  await sqs.call('SendMessage', { QueueUrl: queueUrl(''), MessageBody: body });
}

/** Bodies that lie in the parked queue. */
const parked = new Set<string>();
async function untilParked(body: string): Promise<void> {
  await until(
    async () => {
      const answer = await sqs.call('ReceiveMessage', {
        QueueUrl: queueUrl('-parked'),
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 600,
      });
      for (const { Body } of (answer['Messages'] ?? []) as { Body: string }[]) parked.add(Body);
      return parked.has(body);
    },
    () => `not parked: ${body}`,
  );
}

/** Lines of the processor's log: its own and its metrics. */
function logLines(): Record<string, unknown>[] {
  return readFileSync(join(data, 'logs', 'inkress-effect.log'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Record<string, unknown>];
      } catch {
        return [];
      }
    });
}

/** An event that waits for another route of the source. */
const OF_ANOTHER_ROUTE = 'inkress#of-another-route';

beforeAll(async () => {
  const real = await recordOf((await delivered('evt-model')).pk);
  const waits = { pk: { S: OF_ANOTHER_ROUTE }, status: { S: 'RECEIVED' }, route: { S: 'bad' } };
  await dynamodb.call('PutItem', { TableName: await tableNamed('Records'), Item: { ...real, ...waits } });
});

test.each<[string, string, (real: object & { pk: string }) => string]>([
  ['that is no JSON', 'not-json', () => 'DROP TABLE events'],
  ['of an event that nobody received', 'no-record', (real) => JSON.stringify({ ...real, pk: 'inkress#forged' })],
  ['with the hash of another payload', 'other-body', (real) => JSON.stringify({ ...real, bodySha256: 'f'.repeat(64) })],
  ['of a version that nobody knows', 'unknown-version', (real) => JSON.stringify({ ...real, v: 99 })],
  ['of a replay that never was', 'unknown-epoch', (real) => JSON.stringify({ ...real, epoch: 7 })],
  ['with a key that no table takes', 'malformed-key', (real) => JSON.stringify({ ...real, pk: '' })],
  ['of another route', 'other-route', (real) => JSON.stringify({ ...real, pk: OF_ANOTHER_ROUTE })],
])('a message %s is quarantined as %s, counted, and parked without being executed', async (_case, reason, forge) => {
  const real = await delivered(`evt-${reason}`);
  const before = await effects();
  const message = forge(real);
  await send(message);
  await untilParked(message);

  const lines = logLines();
  expect(lines.filter((line) => line['message'] === 'quarantined' && line['reason'] === reason)).not.toEqual([]);
  expect(lines.filter((line) => line['Quarantined'] === 1)).not.toEqual([]);
  expect(await effects()).toBe(before);
  expect((await recordOf(real.pk))['status']?.S).toBe('DONE');
  expect((await recordOf(OF_ANOTHER_ROUTE))['status']?.S).toBe('RECEIVED');
});

test('a record that a newer version wrote is left alone, and its message comes back later', async () => {
  const real = await delivered('evt-newer');
  const TableName = await tableNamed('Records');
  const written = {
    ...(await recordOf(real.pk)),
    pk: { S: 'inkress#newer' },
    v: { N: '2' },
    status: { S: 'RECEIVED' },
  };
  await dynamodb.call('PutItem', { TableName, Item: written });
  const before = await effects();
  await send(JSON.stringify({ ...real, pk: 'inkress#newer' }));
  await until(
    () => logLines().some((line) => line['message'] === 'deferred' && line['key'] === 'inkress#newer'),
    () => 'not deferred',
  );

  expect(await recordOf('inkress#newer')).toEqual(written);
  expect(await effects()).toBe(before);
  // The one before it is deleted a moment after its record is DONE.
  let left: unknown;
  await until(
    async () => {
      const answer = await sqs.call('GetQueueAttributes', { QueueUrl: queueUrl(''), AttributeNames: ['All'] });
      const counts = answer['Attributes'] as Record<string, string>;
      left = [counts['ApproximateNumberOfMessages'], counts['ApproximateNumberOfMessagesNotVisible']];
      return String(left) === '0,1';
    },
    () => `visible and hidden: ${String(left)}`,
  );
});
