import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, PurgeQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { bodyRows } from '../../lambdas/adapters/dynamodb/body-rows.ts';
import { systemClock } from '../../lambdas/adapters/clients.ts';
import { dynamoBreakers } from '../../lambdas/adapters/dynamodb/breakers.ts';
import { dynamoStore } from '../../lambdas/adapters/dynamodb/store.ts';
import { sqsQueue } from '../../lambdas/adapters/sqs-queue.ts';
import { Circuit } from '../../lambdas/core/processing/circuit.ts';
import { type Outcome, take } from '../../lambdas/core/processing/consume.ts';
import type { Delivery } from '../../lambdas/core/delivery.ts';
import { processor } from '../../lambdas/core/processor.ts';
import { endpointsOf, receive } from '../../lambdas/core/receive.ts';
import type { SecretSet } from '../../lambdas/core/scheme/key.ts';
import { SecretCache } from '../../lambdas/core/secrets/secrets.ts';
import { queueName } from '../../lambdas/core/source.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { type Call, type CountingProxy, countingProxy, rounds } from '../support/counting-proxy.ts';
import { SCALEKIT_SECRET, scalekitDelivery, USER_CREATED } from '../support/gateway-in-memory.ts';
import { MemorySecrets } from '../support/memory/secrets.ts';
import { CREDENTIALS, TestServices } from './services.ts';

const services = new TestServices();
const calls: Call[] = [];
const SOURCE = {
  name: 'scalekit',
  provider: 'scalekit',
  maxBodyBytes: 1024 * 1024,
  secretOverlapSeconds: 0,
  routes: [{ processor: 'scalekit/user-created', name: 'user-created', on: 'organization.directory.user_created' }],
};

let dynamodb: CountingProxy;
let sqs: CountingProxy;
let dynamo: DynamoDBClient;
let sqsClient: SQSClient;
let queueUrl: string;
let deliver: (delivery: Delivery) => Promise<string>;
let circuit: Circuit;
let consumeOne: () => Promise<Outcome>;

beforeAll(async () => {
  const endpoints = await services.start();
  [dynamodb, sqs] = await Promise.all([countingProxy(endpoints.dynamodb, calls), countingProxy(endpoints.sqs, calls)]);
  dynamo = new DynamoDBClient({ ...CREDENTIALS, endpoint: dynamodb.url });
  sqsClient = new SQSClient({ ...CREDENTIALS, endpoint: sqs.url });
  for (const [TableName, names] of [
    ['records', ['pk', 'sk']],
    ['effects', ['id']],
  ] as const) {
    await dynamo.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
        KeySchema: names.map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
      }),
    );
  }
  await sqsClient.send(
    new CreateQueueCommand({ QueueName: queueName('test', 'scalekit', { name: 'user-created' }, 'main') }),
  );
  queueUrl = `${sqs.url}/000000000000/${queueName('test', 'scalekit', { name: 'user-created' }, 'main')}`;
  const blobs = { put: () => Promise.reject(new Error('no large body here')), get: () => Promise.resolve(undefined) };
  const store = dynamoStore({
    client: dynamo,
    tableName: 'records',
    bodies: bodyRows(dynamo, 'records', blobs),
    tables: { effects: 'effects' },
  });

  const endpoint = endpointsOf([SOURCE], providers).get('scalekit');
  if (!endpoint) throw new Error('no endpoint');
  const secretStore = new MemorySecrets();
  secretStore.rotate('scalekit', SCALEKIT_SECRET, 0);
  const secrets = new SecretCache<SecretSet>({
    store: secretStore,
    clock: systemClock,
    overlapSeconds: () => 0,
    prepare: (_, values) => endpoint.verifier.secrets(values),
  });
  const ports = {
    store,
    queue: sqsQueue(sqsClient, `${sqs.url}/000000000000`, { stage: 'test', sources: [SOURCE] }),
    clock: systemClock,
    secrets,
  };
  deliver = async (delivery) => (await receive(delivery, endpoint, ports)).receipt;

  const route = processor({
    on: '*',
    schema: { '~standard': { validate: (value) => ({ value }) } },
    handler: async (_event, { commit, idempotencyKey }) => {
      await commit([{ put: { table: 'effects', item: { id: idempotencyKey } } }]);
    },
  });
  circuit = new Circuit({
    route: 'scalekit/user-created',
    breakers: dynamoBreakers(dynamo, 'records'),
    // It stands still: what was read before is fresh, however slow the machine is.
    clock: { ...systemClock, now: () => 0 },
  });
  consumeOne = async () => {
    const { Messages = [] } = await sqsClient.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    const [message] = Messages;
    let reported: Outcome | undefined;
    await take(
      route,
      {
        body: message?.Body ?? '',
        sentAt: Date.now(),
        hop: 'main',
        receives: 1,
        owner: `execution/${message?.MessageId}`,
        deadline: Date.now() + 30_000,
      },
      {
        store,
        clock: systemClock,
        random: Math.random,
        log: { info: () => undefined, warn: () => undefined },
        circuit,
        report: (outcome) => (reported = outcome),
      },
      () => Promise.reject(new Error('it should not go back')),
    );
    if (!reported) throw new Error('nothing was reported');
    return reported;
  };
});

afterAll(async () => {
  dynamo?.destroy();
  sqsClient?.destroy();
  dynamodb?.close();
  sqs?.close();
  await services.end();
});

function fresh(id: string): Delivery {
  return scalekitDelivery({ id, body: USER_CREATED.replace('evt_1', id), at: Date.now() });
}

async function purge(): Promise<void> {
  await sqsClient.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
}

async function roundsOf(act: () => Promise<unknown>): Promise<readonly (readonly string[])[]> {
  calls.splice(0);
  await act();
  return rounds(calls.splice(0));
}

test('an accepted delivery makes three calls in two round trips: two puts at once, then the send', async () => {
  expect(await roundsOf(async () => expect(await deliver(fresh('evt_new'))).toBe('accepted'))).toEqual([
    ['DynamoDB.PutItem', 'DynamoDB.PutItem'],
    ['SQS.SendMessage'],
  ]);
});

test('a message makes two writes and a read in two round trips: claim with payload, and the handler’s writes with DONE in one transaction', async () => {
  await purge();
  await deliver(fresh('evt_done'));
  // The breaker's row is read once in two seconds, however many messages come.
  await circuit.admit('warm-up');

  expect(await roundsOf(async () => expect((await consumeOne()).outcome).toBe('done'))).toEqual([
    ['SQS.ReceiveMessage'],
    ['DynamoDB.GetItem', 'DynamoDB.UpdateItem'],
    ['DynamoDB.TransactWriteItems'],
  ]);
});

test('a duplicate of it makes one round trip: the two puts at once, of which the record’s is refused', async () => {
  expect(await roundsOf(async () => expect(await deliver(fresh('evt_done'))).toBe('duplicate'))).toEqual([
    ['DynamoDB.PutItem', 'DynamoDB.PutItem'],
  ]);
});

test('a duplicate of what is not claimed yet is sent again', async () => {
  await deliver(fresh('evt_waiting'));

  expect(await roundsOf(async () => expect(await deliver(fresh('evt_waiting'))).toBe('accepted'))).toEqual([
    ['DynamoDB.PutItem', 'DynamoDB.PutItem'],
    ['SQS.SendMessage'],
  ]);
});

test('a rejected delivery makes none', async () => {
  const forged = scalekitDelivery({ at: Date.now(), key: Buffer.from('another key') });
  const unsigned = { ...fresh('evt_unsigned'), headers: new Map<string, string[]>() };

  expect(await roundsOf(async () => expect(await deliver(forged)).toBe('rejected'))).toEqual([]);
  expect(await roundsOf(async () => expect(await deliver(unsigned)).toBe('rejected'))).toEqual([]);
});
