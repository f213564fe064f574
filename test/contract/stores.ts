import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  type DynamoDBClientConfig,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { bodyRows } from '../../lambdas/adapters/dynamodb/body-rows.ts';
import { dynamoBreakers } from '../../lambdas/adapters/dynamodb/breakers.ts';
import { dynamoStore } from '../../lambdas/adapters/dynamodb/store.ts';
import { dynamoWatch } from '../../lambdas/adapters/dynamodb/watch.ts';
import type { Breakers, Store, Watch } from '../../lambdas/core/ports.ts';
import type { Item } from '../../lambdas/core/processor.ts';
import { INDEX, META, TABLE } from '../../lambdas/core/table.ts';
import { startServices } from '../../local/services-process.ts';
import { removeData, temporaryData, until } from '../support/host.ts';
import { MemoryBreakers } from '../support/memory/breakers.ts';
import { MemoryStore } from '../support/memory/store.ts';
import { MemoryWatch } from '../support/memory/watch.ts';

/** One implementation of the store, ready for use. */
export interface StoreUnderTest {
  readonly store: Store;
  readonly breakers: Breakers;
  readonly watch: Watch;
  /** Makes a record one of another version, as that version's code would have left it. */
  readonly makeVersion: (pk: string, v: number) => Promise<void>;
  /** An item of the team's own table `effects`. */
  readonly item: (id: string) => Promise<Item | undefined>;
  readonly close: () => Promise<void>;
}

/** Every implementation there is on this machine: the suite runs the same on each. */
export const STORES: readonly (readonly [name: string, open: () => Promise<StoreUnderTest>])[] = [
  ['memory', openMemory],
  ['dynalite through the SDK', openDynalite],
  ...(process.env.DYNAMODB_LOCAL_JAR === undefined
    ? []
    : ([['DynamoDB Local through the SDK', openDynamoDbLocal]] as const)),
  ...(process.env.HOOKGATE_CONTRACT_ON_AWS === '1'
    ? ([['DynamoDB of your account', () => openTables({}, () => Promise.resolve())]] as const)
    : []),
];

function openMemory(): Promise<StoreUnderTest> {
  const store = new MemoryStore();
  return Promise.resolve({
    store,
    breakers: new MemoryBreakers(),
    watch: new MemoryWatch(store),
    makeVersion: (pk, v) => {
      const record = store.records.get(pk);
      if (record) store.records.set(pk, { ...record, v });
      return Promise.resolve();
    },
    item: (id) => Promise.resolve(store.items.get(`effects/${id}`)),
    close: () => Promise.resolve(),
  });
}

/** A store in a real table, and that table itself. */
export interface TableUnderTest extends StoreUnderTest {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

export async function openDynalite(): Promise<TableUnderTest> {
  const data = temporaryData();
  const account = '000000000000';
  const services = await startServices(
    { data, region: 'us-east-1', account, releaseHeldMessages: true },
    () => undefined,
  );
  return openTables(localClient(services.endpoints.dynamodb), async () => {
    await services.stop();
    removeData(data);
  });
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.UsageNotes.html */
async function openDynamoDbLocal(): Promise<StoreUnderTest> {
  const jar = process.env.DYNAMODB_LOCAL_JAR ?? '';
  const port = await freePort();
  const java: ChildProcess = spawn(
    'java',
    [`-Djava.library.path=${dirname(jar)}/DynamoDBLocal_lib`, '-jar', jar, '-inMemory', '-port', String(port)],
    { stdio: 'ignore', cwd: tmpdir() },
  );
  const config = localClient(`http://127.0.0.1:${port}`);
  const client = new DynamoDBClient(config);
  await until(
    () =>
      client.send(new ListTablesCommand({})).then(
        () => true,
        () => false,
      ),
    () => 'DynamoDB Local did not start',
  );
  client.destroy();
  return openTables(config, () => {
    java.kill('SIGKILL');
    return Promise.resolve();
  });
}

function localClient(endpoint: string): DynamoDBClientConfig {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
}

async function openTables(config: DynamoDBClientConfig, stop: () => Promise<void>): Promise<TableUnderTest> {
  const client = new DynamoDBClient(config);
  const tableName = `hookgate-contract-${process.pid}`;
  const effects = `${tableName}-effects`;
  const indexes = Object.values(INDEX);
  const numbers = new Set<string>([INDEX.outbox.sortKey, INDEX.events.sortKey]);
  const names = new Set<string>([TABLE.partitionKey, TABLE.sortKey]);
  for (const { partitionKey, sortKey } of indexes) names.add(partitionKey).add(sortKey);
  const keys = (partitionKey: string, sortKey: string) => [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...names].map((AttributeName) => ({
        AttributeName,
        AttributeType: numbers.has(AttributeName) ? ('N' as const) : ('S' as const),
      })),
      KeySchema: keys(TABLE.partitionKey, TABLE.sortKey),
      GlobalSecondaryIndexes: indexes.map(({ name, partitionKey, sortKey }) => ({
        IndexName: name,
        KeySchema: keys(partitionKey, sortKey),
        Projection: { ProjectionType: 'ALL' as const },
      })),
    }),
  );
  await client.send(
    new CreateTableCommand({
      TableName: effects,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  const blobs = new Map<string, Buffer>();
  const bodies = bodyRows(client, tableName, {
    put: (name, bytes) => Promise.resolve(void blobs.set(name, bytes)),
    get: (name) => Promise.resolve(blobs.get(name)),
  });
  const store = dynamoStore({ client, tableName, bodies, tables: { effects } });
  await until(
    () =>
      store.get('nothing').then(
        () => true,
        () => false,
      ),
    () => 'the table is not active',
  );
  return {
    store,
    breakers: dynamoBreakers(client, tableName),
    watch: dynamoWatch(client, tableName),
    makeVersion: async (pk, v) => {
      const Key = { pk: { S: pk }, sk: { S: META } };
      const ExpressionAttributeValues = { ':v': { N: String(v) } };
      await client.send(
        new UpdateItemCommand({ TableName: tableName, Key, UpdateExpression: 'SET v = :v', ExpressionAttributeValues }),
      );
    },
    client,
    tableName,
    item: async (id) => {
      const { Item: found } = await client.send(new GetItemCommand({ TableName: effects, Key: { id: { S: id } } }));
      return found && (unmarshall(found) as Item);
    },
    close: async () => {
      for (const TableName of [tableName, effects]) await client.send(new DeleteTableCommand({ TableName }));
      client.destroy();
      await stop();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
