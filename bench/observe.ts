/**
 * `npm run bench:observe`: what reports, log lines and metrics add to the processor time of a webhook. The same deliveries
 * are taken with and without them, in turn, in one process: verified, recorded and queued by the real SDK over HTTP.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { signDelivery } from '../cli/delivery.ts';
import { sampleEvent } from '../cli/samples.ts';
import { bodyRows } from '../lambdas/adapters/dynamodb/body-rows.ts';
import { systemClock } from '../lambdas/adapters/clients.ts';
import { deliveryReport } from '../lambdas/adapters/reports/delivery-report.ts';
import { dynamoStore } from '../lambdas/adapters/dynamodb/store.ts';
import { createEmf } from '../lambdas/adapters/reports/emf.ts';
import { createLog } from '../lambdas/adapters/reports/log.ts';
import { s3Blobs } from '../lambdas/adapters/s3-blobs.ts';
import { sqsQueue } from '../lambdas/adapters/sqs-queue.ts';
import type { Delivery } from '../lambdas/core/delivery.ts';
import { endpointsOf, receive } from '../lambdas/core/receive.ts';
import type { SecretSet } from '../lambdas/core/scheme/key.ts';
import { SecretCache } from '../lambdas/core/secrets/secrets.ts';
import type { Gateway } from '../lambdas/core/source.ts';
import { providers } from '../lambdas/providers/index.ts';
import { provision } from '../local/provision.ts';
import { startServices } from '../local/services-process.ts';
import { synthesise } from '../local/synthesise.ts';
import { readTemplate } from '../local/template/read.ts';
import { MemorySecrets } from '../test/support/memory/secrets.ts';
import { compare } from './paired.ts';

const BOUND = 1.05;
/** One alone would drown in what the runtime does beside. */
const DELIVERIES_A_RUN = 10;
const WARM_UP_RUNS = 60;
/** Two sides that are the same differ by up to 5 % over forty rounds, and by less than 1 % over these. */
const ROUNDS = 401;
const SECRET = `whsec_${Buffer.from('a key of twenty-four byte').toString('base64')}`;
const TYPE = 'organization.directory.user_created';

const data = mkdtempSync(join(tmpdir(), 'hookgate-bench-'));
const place = { region: 'us-east-1', account: '000000000000' };
const services = await startServices({ data: join(data, 'services'), ...place }, () => undefined);
try {
  const assembly = await synthesise('local', join(data, 'assembly'));
  const { stackName, assets } = assembly;
  const { desired } = readTemplate(assembly, { stackName, assets, endpoints: services.endpoints, ...place });
  await provision(desired, services.endpoints);
  const verifier = desired.functions.find(({ label }) => label === 'verifier');
  if (!verifier) throw new Error('The template has no verifier.');
  process.exitCode = await measure(verifier.code, verifier.environment);
} finally {
  await services.stop();
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
}

async function measure(code: string, environment: Readonly<Record<string, string>>): Promise<number> {
  const gateway = JSON.parse(readFileSync(join(code, 'gateway.json'), 'utf8')) as Gateway;
  const { TABLE_NAME: tableName = '', BUCKET_NAME: bucketName = '', QUEUE_URL: anyQueue = '' } = environment;
  const client = { region: place.region, credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } };
  const dynamo = new DynamoDBClient({ ...client, endpoint: services.endpoints.dynamodb });
  const sqs = new SQSClient({ ...client, endpoint: services.endpoints.sqs });
  const endpoints = endpointsOf(gateway.sources, providers);
  const secrets = new MemorySecrets();
  secrets.rotate('scalekit', SECRET, 0);
  const ports = {
    store: dynamoStore({ client: dynamo, tableName, bodies: bodyRows(dynamo, tableName, s3Blobs(bucketName)) }),
    queue: sqsQueue(sqs, anyQueue.slice(0, anyQueue.lastIndexOf('/')), gateway),
    clock: systemClock,
    secrets: new SecretCache<SecretSet>({
      store: secrets,
      clock: systemClock,
      overlapSeconds: () => 60,
      prepare: (source, values) =>
        endpoints.get(source)?.verifier.secrets(values) ?? { keys: [], usable: 0, settings: new Map() },
    }),
  };
  const report = deliveryReport({
    log: createLog('verifier'),
    emit: createEmf('local'),
    clock: systemClock,
    signatureHeader: () => undefined,
    keep: () => Promise.resolve(),
  });
  const take = async (reported: boolean) => {
    const delivery = signed();
    const receipt = await receive(delivery, endpoints.get('scalekit'), ports);
    if (receipt.receipt !== 'accepted') throw new Error(`It was ${receipt.receipt}.`);
    if (reported) await report(delivery, 'scalekit', receipt);
  };
  // Lines go to a file, as a function's do.
  const log = openSync(join(data, 'verifier.log'), 'a');
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array) => writeSync(log, String(chunk)) > 0;
  const some = (reported: boolean) => async () => {
    for (let i = 0; i < DELIVERIES_A_RUN; i++) await take(reported);
  };
  // Cold code costs more than what it does.
  for (let i = 0; i < WARM_UP_RUNS; i++) for (const reported of [true, false]) await some(reported)();
  const { ratio, micros } = await compare('observed / not', some(true), some(false), 1_000_000, BOUND, ROUNDS);
  process.stdout.write = write;
  dynamo.destroy();
  sqs.destroy();
  const figures = `${((ratio - 1) * 100).toFixed(1)} % of ${(micros / DELIVERIES_A_RUN).toFixed(0)} µs (at most ${((BOUND - 1) * 100).toFixed(0)} %)`;
  console.log(`observing a webhook  ${figures}  ${ratio <= BOUND ? 'ok' : 'TOO MUCH'}`);
  return ratio <= BOUND ? 0 : 1;
}

/** A new event as the provider would send it; both sides pay for its signature. */
function signed(): Delivery {
  const id = `evt_${randomUUID()}`;
  const provider = providers.get('scalekit');
  const body = sampleEvent('scalekit', TYPE, id, new Date());
  if (!provider || !body) throw new Error('There is no sample of scalekit.');
  const target = 'http://127.0.0.1/webhooks/scalekit';
  const { headers } = signDelivery(provider, { body, id, type: TYPE, target, timestamp: Date.now(), secret: SECRET });
  return {
    source: 'scalekit',
    method: 'POST',
    url: target,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]])),
    body,
    sourceIp: '127.0.0.1',
    receivedAt: Date.now(),
  };
}
