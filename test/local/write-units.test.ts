import { randomBytes, randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import {
  type AttributeDefinition,
  CreateTableCommand,
  DynamoDBClient,
  type GlobalSecondaryIndex,
  type KeySchemaElement,
} from '@aws-sdk/client-dynamodb';
import { Template } from 'aws-cdk-lib/assertions';
import { signDelivery } from '../../cli/delivery.ts';
import { sampleEvent } from '../../cli/samples.ts';
import { bodyRows } from '../../lambdas/adapters/dynamodb/body-rows.ts';
import { systemClock } from '../../lambdas/adapters/clients.ts';
import { dynamoBreakers } from '../../lambdas/adapters/dynamodb/breakers.ts';
import { dynamoStore } from '../../lambdas/adapters/dynamodb/store.ts';
import type { OneByOneProcessor } from '../../lambdas/core/processing/attempt.ts';
import { Circuit } from '../../lambdas/core/processing/circuit.ts';
import { consume } from '../../lambdas/core/processing/consume.ts';
import { endpointsOf, receive } from '../../lambdas/core/receive.ts';
import type { SecretSet } from '../../lambdas/core/scheme/key.ts';
import { SecretCache } from '../../lambdas/core/secrets/secrets.ts';
import type { ListBy } from '../../lambdas/core/table.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { config } from '../../lib/config.ts';
import { gatewayOf } from '../../lib/plan.ts';
import { planOf, stackOf } from '../stack/stage.ts';
import { delivery } from '../support/gateway-in-memory.ts';
import { MemoryQueue } from '../support/memory/queue.ts';
import { MemorySecrets } from '../support/memory/secrets.ts';
import { countWriteUnits, sumOf } from '../support/write-units.ts';
import { CREDENTIALS, TestServices } from './services.ts';

const services = new TestServices();
const clients: DynamoDBClient[] = [];
let endpoint: string;

beforeAll(async () => {
  endpoint = (await services.start()).dynamodb;
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await services.end();
});

function connect(): DynamoDBClient {
  const client = new DynamoDBClient({ ...CREDENTIALS, endpoint });
  clients.push(client);
  return client;
}

interface TableProperties {
  readonly AttributeDefinitions: AttributeDefinition[];
  readonly KeySchema: KeySchemaElement[];
  readonly GlobalSecondaryIndexes?: GlobalSecondaryIndex[];
}

/** A gateway of the stage's own sources and processors, over the tables of its own template. */
async function gatewayOn(listBy: readonly ListBy[]) {
  const plan = await planOf('prod', {
    ...config,
    stages: { ...config.stages, prod: { ...config.stages.prod, listBy } },
  });
  const reader = connect();
  const tables: Record<string, string> = {};
  const prefix = randomBytes(4).toString('hex');
  let indexes: readonly GlobalSecondaryIndex[] = [];
  for (const [id, { Properties }] of Object.entries(
    Template.fromStack(stackOf(plan)).findResources('AWS::DynamoDB::Table'),
  )) {
    const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } = Properties as TableProperties;
    const own = id.startsWith('Records');
    const name = own ? 'records' : id.replace(/^ApplicationTables([a-z-]+).*$/, '$1');
    tables[name] = `${prefix}-${name}`;
    if (own) indexes = GlobalSecondaryIndexes ?? [];
    await reader.send(
      new CreateTableCommand({
        TableName: tables[name],
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions,
        KeySchema,
        ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes }),
      }),
    );
  }
  const tableName = tables.records ?? '';
  const client = connect();
  const counted = countWriteUnits(client, reader, { name: tableName, indexes });
  const blobs = { put: () => Promise.reject(new Error('no large body here')), get: () => Promise.resolve(undefined) };
  const store = dynamoStore({ client, tableName, listBy, tables, bodies: bodyRows(client, tableName, blobs) });
  const { sources } = gatewayOf(plan);
  const endpoints = endpointsOf(sources, providers);
  const secretStore = new MemorySecrets();
  const secrets = new SecretCache<SecretSet>({
    store: secretStore,
    clock: systemClock,
    overlapSeconds: () => 0,
    prepare: (source, values) => {
      const found = endpoints.get(source);
      if (!found) throw new Error(`no source ${source}`);
      return found.verifier.secrets(values);
    },
  });
  const queue = new MemoryQueue();

  return async (source: string, type: string): Promise<readonly string[]> => {
    const from = counted.length;
    const provider = providers.get(source);
    const route = sources.find(({ name }) => name === source)?.routes.find(({ on }) => on === type);
    if (!provider || !route) throw new Error(`${source} ${type} is nothing that this stage takes`);
    const secret = source === 'scalekit' ? `whsec_${randomBytes(24).toString('base64')}` : randomUUID();
    secretStore.rotate(source, secret, 0);
    const id = `evt_${randomUUID()}`;
    const body = sampleEvent(source, type, id, new Date()) ?? Buffer.alloc(0);
    const target = `https://example.com/webhooks/${source}`;
    const signed = signDelivery(provider, { body, id, type, target, timestamp: Date.now(), secret });
    const headers = Object.fromEntries(
      Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
    );
    const received = { ...delivery(source, signed.body, headers), sourceIp: '52.206.68.10', receivedAt: Date.now() };
    const receipt = await receive(received, endpoints.get(source), { store, queue, clock: systemClock, secrets });
    expect(receipt).toMatchObject({ receipt: 'accepted' });

    const file = resolve('lambdas', 'processors', `${route.processor}.ts`);
    const { default: processor } = (await import(file)) as { default: OneByOneProcessor<unknown> };
    const name = `${source}/${route.name}`;
    const outcome = await consume(
      processor,
      {
        body: queue.sent.at(-1)?.body ?? '',
        sentAt: Date.now(),
        hop: 'main',
        receives: 1,
        owner: randomUUID(),
        deadline: Date.now() + 30_000,
      },
      {
        store,
        clock: systemClock,
        random: Math.random,
        log: { info: () => undefined, warn: () => undefined },
        circuit: new Circuit({ route: name, breakers: dynamoBreakers(reader, tableName), clock: systemClock }),
      },
    );
    expect(outcome.outcome).toBe('done');
    return counted.slice(from);
  };
}

const SAMPLES = [
  ['scalekit', 'organization.directory.user_created'],
  ['inkress', 'payment.success'],
  ['skribby', 'status_update'],
] as const;

test('an accepted webhook of each sample provider is six write units until it is DONE in a transaction', async () => {
  const write = await gatewayOn([]);
  for (const [source, type] of SAMPLES) {
    const counted = await write(source, type);
    expect([...counted].sort()).toEqual([
      'PutItem BODY 1',
      'PutItem META 1',
      'PutItem events 1',
      'TransactWriteItems META 2',
      'UpdateItem META 1',
    ]);
    expect(sumOf(counted)).toBe(6);
  }
});

test('listing by type costs one unit more, by status five', async () => {
  const [byType, byStatus] = [await gatewayOn(['type']), await gatewayOn(['status'])];
  for (const [source, type] of SAMPLES) {
    expect(sumOf(await byType(source, type))).toBe(7);
    expect(sumOf(await byStatus(source, type))).toBe(11);
  }
});
