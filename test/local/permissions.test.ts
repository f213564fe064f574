import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type AttributeValue, DynamoDBClient, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, DeleteQueueCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { signDelivery } from '../../cli/delivery.ts';
import { newId, sampleEvent } from '../../cli/samples.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { Console } from '../../local/console.ts';
import type { HostFile } from '../../local/data-folder.ts';
import { type Host, startHost } from '../../local/host.ts';
import type { Noted } from '../../local/iam/guard.ts';
import { rulesOf } from '../../local/iam/rules.ts';
import { synthesise } from '../../local/synthesise.ts';
import type { Assembly } from '../../local/template/assembly.ts';
import { assemblyWith, withoutGrant } from '../support/assembly.ts';
import { removeData, temporaryData, until } from '../support/host.ts';
import { credentials, secretOf } from '../support/provider.ts';

const STAGE = 'local';
/** A type of each route of the configuration that ships. */
const ROUTES = [
  ['scalekit', 'user-created', 'organization.directory.user_created'],
  ['scalekit', 'user-updated', 'organization.directory.user_updated'],
  ['inkress', 'payment-success', 'payment.success'],
  ['inkress', 'payment-failed', 'payment.failed'],
  ['inkress', 'payout-completed', 'payout.completed'],
  ['skribby', 'status-update', 'status_update'],
] as const;

type Row = Record<string, AttributeValue>;

let data: string;
let host: Host;
let file: HostFile;
let output = '';

/** On a folder of its own. */
async function start(assemble: (folder: string) => Promise<Assembly>): Promise<void> {
  data = temporaryData();
  output = '';
  host = await startHost({ data, port: 0, console: new Console((text) => (output += text)), assemble });
  file = JSON.parse(readFileSync(join(data, 'host.json'), 'utf8')) as HostFile;
}

afterEach(async () => {
  await host?.stop();
  removeData(data);
});

/** Delivers a sample of the type, signed; a large one goes by an object. Resolves with the event's id. */
async function deliver(source: string, type: string, large = false, id = newId()): Promise<string> {
  const provider = providers.get(source);
  const sample = sampleEvent(source, type, id, new Date());
  if (!provider || !sample) throw new Error(`There is no sample of ${source} ${type}.`);
  const pad = large ? Array.from({ length: 50_000 }, () => Math.random().toString(36).slice(2)).join('') : newId();
  const body = Buffer.from(JSON.stringify({ ...(JSON.parse(sample.toString()) as object), pad }));
  const secret = await secretOf(file, source);
  const target = `${host.url}/webhooks/${source}`;
  const signed = signDelivery(provider, { body, id, type, target, timestamp: Date.now(), secret });
  const answer = await fetch(signed.url, { method: 'POST', headers: { ...signed.headers }, body: signed.body });
  expect([source, type, answer.status < 300]).toEqual([source, type, true]);
  return id;
}

const admin = async (path: string, method = 'GET', body?: object): Promise<unknown> => {
  const answer = await fetch(`${host.url}/admin/${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
  return answer.json();
};

/** As EventBridge starts it, but now; or as a subscription of its log group does. */
async function run(label: string, event: object = {}): Promise<void> {
  const pool = host.functions.all.find(({ lambda }) => lambda.label === label);
  if (!pool)
    throw new Error(`No function is called ${label}: ${host.functions.all.map((one) => one.lambda.label).join(', ')}`);
  expect(await pool.invoke(JSON.stringify(event))).toMatchObject({ ok: true });
}

const operator = () => ({ region: file.region, credentials });

function records(): { table: string; client: DynamoDBClient } {
  const table = host.desired.tables
    .map(({ create }) => String(create['TableName']))
    .find((name) => name.includes('Records'));
  if (table === undefined) throw new Error('There is no table of records.');
  return { table, client: new DynamoDBClient({ ...operator(), endpoint: file.endpoints.dynamodb }) };
}

async function rows(): Promise<Row[]> {
  const { client, table } = records();
  return (await client.send(new ScanCommand({ TableName: table }))).Items ?? [];
}

/** Until each event has one of the statuses. */
async function untilAll(...statuses: readonly string[]): Promise<void> {
  let waiting: (string | undefined)[] = [];
  await until(
    async () => {
      const events = (await rows()).filter(({ sk }) => sk?.S === 'META');
      waiting = events.flatMap(({ status, pk, lastError }) =>
        statuses.includes(status?.S ?? '') ? [] : [`${pk?.S} ${status?.S} ${lastError?.S}`],
      );
      return waiting.length === 0;
    },
    () => waiting.join('\n'),
  );
}

/** The file has what was first used or refused since the start. */
function noted(): Noted[] {
  return readFileSync(join(host.logs, 'permissions.jsonl'), 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Noted]));
}

/** One word for what is the same in each stack: logical ids without CDK's hash, one route's parts for all routes'. */
function named({ function: caller, action, resource }: Pick<Noted, 'function' | 'action' | 'resource'>): string {
  const route = ROUTES.map(([source, name]) => [source, name] as const).find(([source, name]) =>
    caller.startsWith(`Route${source}${name.replaceAll('-', '')}Processor`),
  );
  const own = route ? resource.replace(`hookgate-${STAGE}-${route[0]}-${route[1]}`, 'its-queue') : resource;
  const what = own
    .replace(/^arn:aws:[a-z0-9-]+:[a-z0-9-]*:\d*:/, '')
    .replace(`hookgate-${STAGE}-`, '')
    .replace(/ApplicationTables[a-z]+/, 'its-table')
    .replaceAll(/(?<=[a-z])[0-9A-Fa-f]{8}(?=\W|$)/g, '')
    .replace(/-[A-Za-z0-9]{6}$/, (end) => (resource.includes(':secret:') ? '' : end));
  const who = route ? 'Processor' : caller.replace(/Function[0-9A-F]{8}$/, '');
  return `${who}: ${action} on ${what}`;
}

function granted(): readonly string[] {
  const { principals } = rulesOf(host.desired, { region: file.region, account: '000000000000' });
  const all = principals.flatMap(({ function: caller, policies }) =>
    policies.flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => named({ function: caller, action, resource }))),
    ),
  );
  return [...new Set(all)].sort();
}

/** Granted and not used here, each with the reason why it is needed all the same. */
const NOT_USED_HERE: readonly (readonly [RegExp, string])[] = [
  [/: logs:(CreateLogStream|PutLogEvents) on /, 'The local host writes logs to files; Lambda itself uses these.'],
  [/: xray:Put(TraceSegments|TelemetryRecords) on \*$/, 'There is no X-Ray here; Lambda itself uses these.'],
  [
    /^Processor: dynamodb:DeleteItem on table\/its-table$/,
    'A handler’s commit may put, update and delete; no processor that ships deletes.',
  ],
];

test.each<[string, (folder: string) => Promise<Assembly>]>([
  ['as it ships', (folder) => synthesise(STAGE, folder)],
  ['with a key of its own', (folder) => assemblyWith({ customerManagedKey: true }, folder)],
])('%s, each permission of each function is used and no call is refused', async (_, assemble) => {
  await start(assemble);
  // Every route by the queue, and by an object that a processor reads.
  for (const [source, , type] of ROUTES) await deliver(source, type);
  for (const [source, , type] of ROUTES) await deliver(source, type, true);
  await untilAll('DONE');

  // What an operator does: lists, looks for what is not there, lets each run again.
  await admin('events');
  for (const by of ['status=PARKED', 'type=payment.failed']) await admin(`events?${by}`);
  const [shown] = ((await admin('events?source=inkress')) as { events: { key: string }[] }).events;
  await admin(`history/inkress/${shown?.key}`);
  await admin(`events/inkress/${newId()}`);
  await admin('routes');
  await admin('webhook-stats');

  // An object that is gone: its event is parked, by way of the dead letters.
  const s3 = new S3Client({ ...operator(), endpoint: file.endpoints.s3, forcePathStyle: true });
  const [bucket] = host.desired.buckets;
  for (const { object } of await rows()) {
    if (object?.S !== undefined) await s3.send(new DeleteObjectCommand({ Bucket: bucket?.name, Key: object.S }));
  }
  for (const { pk, source, bodyBytes } of await rows()) {
    if (!(Number(bodyBytes?.N) > 100_000)) continue;
    const key = encodeURIComponent(pk?.S?.slice((source?.S ?? '').length + 1) ?? '');
    const replayed = await admin(`events/${source?.S}/${key}/replay`, 'POST', { force: true, reason: 'a test' });
    expect(replayed).toMatchObject({ replay: 'restarted', via: 'queue' });
  }
  await untilAll('DONE', 'PARKED');

  // A queue that is not there: the verifier leaves the event to the sweeper, which finds what each route is owed.
  const sqs = new SQSClient({ ...operator(), endpoint: file.endpoints.sqs });
  const queue = host.desired.queues.find(({ name }) => name === `hookgate-${STAGE}-inkress-payment-failed`);
  if (!queue) throw new Error('There is no such queue.');
  const QueueUrl = `${file.endpoints.sqs}/000000000000/${queue.name}`;
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  const left = await deliver('inkress', 'payment.failed');
  // It comes again with another payload: whether the first one is there is looked after, and it is.
  await deliver('inkress', 'payment.failed', false, left);
  await sqs.send(new CreateQueueCommand({ QueueName: queue.name, Attributes: { ...queue.attributes } }));
  const { client, table } = records();
  for (const { pk, sk, status } of await rows()) {
    if (sk?.S !== 'META' || status?.S === 'PARKED' || pk === undefined) continue;
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { pk, sk },
        UpdateExpression: 'SET #status = :received, outbox = :shard, outboxAt = :past',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':received': { S: 'RECEIVED' }, ':shard': { S: '0' }, ':past': { N: '1' } },
      }),
    );
  }
  await run('sweeper');
  await untilAll('DONE', 'PARKED');

  // Two messages in one batch: their payloads are read together, though both events are done with.
  const again = (await rows()).filter(({ sk, route }) => sk?.S === 'META' && route?.S === 'payment-success');
  const Entries = again.map(({ pk, epoch, bodySha256 }, at) => ({
    Id: String(at),
    MessageBody: JSON.stringify({ v: 1, pk: pk?.S, epoch: Number(epoch?.N), bodySha256: bodySha256?.S }),
  }));
  expect(Entries).toHaveLength(2);
  const to = `${file.endpoints.sqs}/000000000000/hookgate-${STAGE}-inkress-payment-success`;
  // Before the routes are paused: what waits for that comes back one by one, and late.
  const early = ['dynamodb:BatchGetItem on table/RecordsTable', 'sqs:ChangeMessageVisibility on its-queue-dead'];
  let asked = 0;
  await until(
    async () => {
      // Again where the two were handed over apart.
      if (asked++ % 100 === 0) await sqs.send(new SendMessageBatchCommand({ QueueUrl: to, Entries }));
      const used = new Set(noted().map(named));
      return early.every((permission) => used.has(`Processor: ${permission}`));
    },
    () => `no processor has used all of ${early.join(', ')}`,
  );

  // What an operator looks at, and moves.
  for (const path of ['queues', 'alarms', 'rejections', 'webhook-stats', 'ledger']) await admin(path);
  for (const [source, route] of ROUTES) {
    await admin(`queues/${source}/${route}/park`, 'POST', { reason: 'a test' });
    await admin(`queues/${source}/${route}/redrive`, 'POST', { reason: 'a test' });
  }

  // Every route is paused and goes on.
  for (const action of ['pause', 'resume']) {
    for (const [source, route] of ROUTES)
      await admin(`routes/${source}/${route}/${action}`, 'POST', { reason: 'a test' });
    await run('controller');
  }

  // Addresses whose signatures keep failing.
  const line = (address: string) => ({
    message: JSON.stringify({ address, reason: 'malformed-signature', time: new Date().toISOString() }),
  });
  const logEvents = ['203.0.113.9', '2001:db8::9'].flatMap((address) =>
    Array.from({ length: 10 }, () => line(address)),
  );
  await run('blocker', { awslogs: { data: gzipSync(JSON.stringify({ logEvents })).toString('base64') } });

  const unused = () => {
    const used = new Set(noted().map(named));
    return granted().filter((permission) => !used.has(permission));
  };
  const excepted = (permission: string) => NOT_USED_HERE.some(([exception]) => exception.test(permission));
  // What is parked goes on from queue to queue by itself.
  await until(
    () => unused().every(excepted),
    () =>
      `no function uses\n${unused()
        .filter((permission) => !excepted(permission))
        .join('\n')}`,
  );
  expect(NOT_USED_HERE.filter(([exception]) => !unused().some((permission) => exception.test(permission)))).toEqual([]);
  expect(noted().filter(({ allowed }) => !allowed)).toEqual([]);
});

test('a processor that calls what its role does not allow is refused, and says what is missing', async () => {
  await start(async (folder) =>
    withoutGrant(await synthesise(STAGE, folder), /^Routescalekitusercreated/, /^ApplicationTables/),
  );
  const id = await deliver('scalekit', 'organization.directory.user_created');
  let event: { lastError?: string | null } = {};
  await until(
    async () => (event = (await admin(`events/scalekit/${id}`)) as typeof event).lastError != null,
    () => JSON.stringify(event),
  );

  const table = /table\/hookgate-local-ApplicationTablesusers[0-9A-F]{8}/;
  expect(event.lastError).toMatch(new RegExp(`^not allowed: dynamodb:UpdateItem on ${table.source}$`));
  // The line follows the record.
  const log = () => readFileSync(join(host.logs, 'scalekit-user-created.log'), 'utf8');
  await until(() => new RegExp(`not allowed: dynamodb:UpdateItem on ${table.source}`).test(log()), log);
  expect(output).toMatch(
    new RegExp(
      `RoutescalekitusercreatedProcessorFunction[0-9A-F]{8}: its role does not allow dynamodb:UpdateItem on \\S+:${table.source}`,
    ),
  );
});
