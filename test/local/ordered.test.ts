import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { seeded } from '../faults/random.ts';
import { removeData, temporaryData, until } from '../support/host.ts';
import { credentials, send, signedByScalekit } from '../support/provider.ts';
import { Gateway } from '../support/trial/gateway.ts';
import type { Step } from '../support/trial/processors/trial/in-order.ts';

const GROUPS = 6;
const EVENTS = 8;

const random = seeded(7);
const steps: Step[] = Array.from({ length: GROUPS * EVENTS }, (_, i) => ({
  group: `order ${i % GROUPS}`,
  at: Math.floor(i / GROUPS),
  fails: random() < 0.2 ? 1 : 0,
  hopeless: i === 9 ? 'throws' : i === 20 ? 'exits' : 'no',
}));
const named = ({ group, at }: Step) => `${group}-${at}`;
const hopeless = steps.filter((step) => step.hopeless !== 'no').map(named);

const data = temporaryData();
let gateway: Gateway;
let dynamo: DynamoDBClient;
let sqs: SQSClient;

beforeAll(async () => {
  gateway = await Gateway.start(data);
  const { endpoints, region } = gateway.host;
  dynamo = new DynamoDBClient({ endpoint: endpoints.dynamodb, region, credentials });
  sqs = new SQSClient({ endpoint: endpoints.sqs, region, credentials });
});

afterAll(async () => {
  dynamo.destroy();
  sqs.destroy();
  await gateway.stop();
  removeData(data);
});

async function rows(table: string): Promise<Record<string, unknown>[]> {
  const { TableNames = [] } = await dynamo.send(new ListTablesCommand({}));
  const TableName = TableNames.find((name) => name.includes(table));
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName, ConsistentRead: true }));
  return Items.map((item) => unmarshall(item));
}

async function statuses(): Promise<readonly string[]> {
  const { TableNames = [] } = await dynamo.send(new ListTablesCommand({}));
  const all = await Promise.all(
    TableNames.map((TableName) => dynamo.send(new ScanCommand({ TableName, ConsistentRead: true }))),
  );
  const items = all.flatMap(({ Items = [] }) => Items.map((item) => unmarshall(item)));
  return items
    .filter(({ sk, pk }) => sk === 'META' && String(pk).startsWith('ordered#'))
    .map(({ status }) => String(status));
}

async function messagesIn(ending: string): Promise<number> {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const QueueUrl = QueueUrls.find((url) => url.endsWith(ending));
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}

test('through the front door and back: each group in its order, past failures, past what ends its thread, and past what is parked', async () => {
  const secret = await gateway.secret('ordered');
  const { url } = gateway.host;
  const groups = Map.groupBy(steps, ({ group }) => group);
  await Promise.all(
    [...groups.values()].map(async (group) => {
      for (const step of group) {
        const body = JSON.stringify({ id: named(step), type: 'step', ...step });
        const answer = await send(
          { url },
          { ...signedByScalekit(secret, `evt_${named(step).replace(' ', '-')}`, body), path: '/webhooks/ordered' },
        );
        expect(answer.status).toBe(201);
      }
    }),
  );

  let seen: readonly string[] = [];
  await until(
    async () => (seen = await statuses()).every((status) => status === 'DONE' || status === 'PARKED'),
    () => seen.join(' '),
  );
  expect(seen).toHaveLength(steps.length);
  expect(seen.filter((status) => status === 'PARKED')).toHaveLength(hopeless.length);

  const done = await rows('steps');
  expect(done.map(({ id }) => id).sort()).toEqual(
    steps
      .map(named)
      .filter((name) => !hopeless.includes(name))
      .sort(),
  );
  for (const group of groups.keys()) {
    const own = done.filter((row) => row['group'] === group).sort((a, b) => Number(a['at']) - Number(b['at']));
    const starts = own.map(({ startedAt }) => Number(startedAt));
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
  }
  // SQS moves them on when their receives are spent, and there they wait.
  let left: readonly number[] = [];
  await until(
    async () => {
      left = [await messagesIn('-ordered-in-order.fifo'), await messagesIn('-ordered-in-order-dead.fifo')];
      return left[0] === 0 && left[1] === hopeless.length;
    },
    () => `${left.join(' and ')} messages are in the main queue and in the next one`,
  );
});
