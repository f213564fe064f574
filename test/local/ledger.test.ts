import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonClient } from '../../local/aws/json-client.ts';
import type { LedgerRow } from '../../lambdas/core/ledger/ledger.ts';
import { hookgate } from '../cli/process.ts';
import { sign } from '../kill/events.ts';
import { removeData, temporaryData } from '../support/host.ts';
import { Gateway } from '../support/trial/gateway.ts';
import { eventually } from './services.ts';

let data: string;
let gateway: Gateway;

beforeAll(async () => {
  data = temporaryData();
  gateway = await Gateway.start(data);
});

afterAll(async () => {
  await gateway?.stop();
  removeData(data);
});

async function ledger(): Promise<readonly LedgerRow[]> {
  const answer = await fetch(`${gateway.host.url}/admin/ledger`);
  return ((await answer.json()) as { rows: readonly LedgerRow[] }).rows;
}

const sum = (rows: readonly LedgerRow[], column: 'accepted' | 'done' | 'inFlight' | 'missing' | 'overdue') =>
  rows.reduce((total, row) => total + row[column], 0);

test('messages that are purged from their queue show as overdue within two minutes', async () => {
  const { url, endpoints } = gateway.host;
  const secrets = { scalekit: '', inkress: await gateway.secret('inkress'), skribby: '' };
  const sqs = jsonClient(endpoints.sqs, 'AmazonSQS');
  const QueueUrl = `${endpoints.sqs}/000000000000/hookgate-local-inkress-effect`;
  let accepted = 0;
  // Faster than the processor takes them: some are still in the queue when it is purged.
  const names = Array.from({ length: 150 }, (_, i) => `evt-${i}`);
  const client = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const request = sign({ source: 'inkress', name, forged: false, answers: [] }, secrets, Date.now());
      const answer = await fetch(`${url}${request.path}`, { ...request, method: 'POST' });
      if (answer.ok) accepted++;
      if (names.length % 10 === 0) await sqs.call('PurgeQueue', { QueueUrl });
    }
  };
  await Promise.all(Array.from({ length: 10 }, client));
  await sqs.call('PurgeQueue', { QueueUrl });
  sqs.close();

  const rows = await eventually(async () => {
    const now = await ledger();
    return sum(now, 'overdue') > 0 && sum(now, 'overdue') === sum(now, 'inFlight') ? now : undefined;
  }, 120);
  expect(sum(rows, 'accepted')).toBe(accepted);
  expect(sum(rows, 'done') + sum(rows, 'overdue')).toBe(accepted);

  // The same as a metric, by the sweeper's next run.
  const log = join(data, 'logs', 'sweeper.log');
  await eventually(() => /"Source":"inkress".*"Overdue":[1-9]/.test(readFileSync(log, 'utf8')) || undefined, 90);

  const { code, stdout } = await hookgate(['ledger'], { env: { HOOKGATE_DATA: data } });
  expect(code).toBe(0);
  expect(stdout).toMatch(/HOUR +SOURCE +ACCEPTED +DONE +FILTERED +PARKED +IN FLIGHT +MISSING +OVERDUE/);
  expect(stdout).toContain(`${sum(rows, 'overdue')} overdue: their messages are lost, or their queue is behind.`);
});

test('a record that was deleted shows as missing within two minutes, whatever had become of its event', async () => {
  const { url, endpoints } = gateway.host;
  const secrets = { scalekit: '', inkress: await gateway.secret('inkress'), skribby: '' };
  const request = sign({ source: 'inkress', name: 'evt-deleted', forged: false, answers: [] }, secrets, Date.now());
  expect((await fetch(`${url}${request.path}`, { ...request, method: 'POST' })).ok).toBe(true);
  const dynamodb = jsonClient(endpoints.dynamodb, 'DynamoDB_20120810');
  const TableName = await recordsTable(dynamodb);
  // It is in the book from the sweeper's next run.
  const counted = await eventually(async () => {
    const { Items } = await dynamodb.call('Query', {
      TableName,
      KeyConditionExpression: 'pk = :book',
      ExpressionAttributeValues: { ':book': { S: 'LEDGER#inkress' } },
    });
    const minutes = (Items as { minutes: { L: { N: string }[] } }[]).flatMap(({ minutes }) => minutes.L);
    const events = minutes.reduce((total, { N }) => total + Number(N), 0);
    return events === sum(await ledger(), 'accepted') ? events : undefined;
  }, 90);
  expect(counted).toBeGreaterThan(0);

  const { Items } = await dynamodb.call('Scan', {
    TableName,
    FilterExpression: 'sk = :meta AND contains(pk, :name)',
    ExpressionAttributeValues: { ':meta': { S: 'META' }, ':name': { S: 'evt-deleted' } },
  });
  const [record] = Items as { pk: { S: string } }[];
  await dynamodb.call('DeleteItem', { TableName, Key: { pk: record?.pk, sk: { S: 'META' } } });
  dynamodb.close();

  const rows = await ledger();
  expect([sum(rows, 'missing'), sum(rows, 'accepted')]).toEqual([1, counted]);
  const log = join(data, 'logs', 'sweeper.log');
  await eventually(() => /"Source":"inkress".*"Missing":1\b/.test(readFileSync(log, 'utf8')) || undefined, 90);

  const { stdout } = await hookgate(['ledger'], { env: { HOOKGATE_DATA: data } });
  expect(stdout).toContain('1 missing: their records were deleted.');
});

async function recordsTable(dynamodb: ReturnType<typeof jsonClient>): Promise<string> {
  const { TableNames } = await dynamodb.call('ListTables', {});
  for (const TableName of TableNames as string[]) {
    const { Table } = await dynamodb.call('DescribeTable', { TableName });
    const { KeySchema } = Table as { KeySchema: { AttributeName: string }[] };
    if (KeySchema.length === 2) return TableName;
  }
  throw new Error('There is no table of records.');
}

test('how far back is a number of hours', async () => {
  const answer = await fetch(`${gateway.host.url}/admin/ledger?hours=0`);

  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ field: 'hours', detail: 'hours is a whole number from 1 to 48.' });
});
