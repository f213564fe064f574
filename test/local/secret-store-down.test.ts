import { createHmac } from 'node:crypto';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { LambdaFunction } from '../../local/lambda/lambda-function.ts';
import { Pool } from '../../local/lambda/pool.ts';
import { provision } from '../../local/provision.ts';
import { synthesise } from '../../local/synthesise.ts';
import { readTemplate } from '../../local/template/read.ts';
import { CREDENTIALS, TestServices } from './services.ts';

/** The verifier's own bundle in sandboxes of the host, over its services; Secrets Manager stands behind a switch. */
const services = new TestServices();
const folder = mkdtempSync(join(tmpdir(), 'hookgate-down-'));
const log = openSync(join(folder, 'log'), 'a');
const pools: Pool[] = [];
const KEY = Buffer.from('a key of twenty-four byte');
const FORGED = Buffer.from('another key of 24 bytes!');
const OUR_FAULT = { status: 503, retryAfter: '30' };

let secretStore: Server;
let down: false | 'unwell' | 'silent' = false;
let calls = 0;
let lambda: LambdaFunction;
let endpoints: Awaited<ReturnType<TestServices['start']>>;

beforeAll(async () => {
  const running = await services.start();
  secretStore = switchable(running.secretsmanager);
  await new Promise<void>((listening) => secretStore.listen(0, '127.0.0.1', listening));
  const port = (secretStore.address() as AddressInfo).port;
  endpoints = { ...running, secretsmanager: `http://127.0.0.1:${port}` };

  const assembly = await synthesise('local', join(folder, 'assembly'));
  const place = { region: 'us-east-1', account: '000000000000', stackName: assembly.stackName };
  const { desired } = readTemplate(assembly, { ...place, endpoints, assets: assembly.assets });
  await provision(desired, running);
  const verifier = desired.functions.find(({ label }) => label === 'verifier');
  if (!verifier) throw new Error('The template has no verifier.');
  lambda = { ...verifier, background: false };
  const client = new SecretsManagerClient({ ...CREDENTIALS, endpoint: running.secretsmanager });
  const SecretString = `whsec_${KEY.toString('base64')}`;
  await client.send(new PutSecretValueCommand({ SecretId: 'hookgate/local/scalekit', SecretString }));
  client.destroy();
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  secretStore.closeAllConnections();
  secretStore.close();
  await services.end();
  rmSync(folder, { recursive: true, force: true });
});

/** Counts calls and passes them on, or answers as Secrets Manager does when it is unwell, or not at all. */
function switchable(target: string): Server {
  const { hostname, port } = new URL(target);
  return createServer((incoming, answer) => {
    calls++;
    if (down === 'silent') return;
    if (down) {
      incoming.resume();
      answer.writeHead(500, { 'content-type': 'application/x-amz-json-1.1' });
      answer.end('{"__type":"InternalServiceError","message":"An error occurred on the server side."}');
      return;
    }
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    incoming.pipe(outgoing);
  });
}

/** A sandbox that has served nothing. */
function sandboxes(): Pool {
  const pool = new Pool(lambda, {
    host: {
      region: 'us-east-1',
      endpoints,
      lambdaEndpoint: 'http://127.0.0.1:9',
      wafEndpoint: 'http://127.0.0.1:9',
      cloudWatchEndpoint: 'http://127.0.0.1:9',
      logsEndpoint: 'http://127.0.0.1:9',
      log,
      born: () => undefined,
      died: () => undefined,
    },
    most: 1,
    report: () => undefined,
    succeeded: () => undefined,
  });
  pools.push(pool);
  return pool;
}

let events = 0;
async function deliver(pool: Pool, key = KEY): Promise<{ status: number; retryAfter: unknown }> {
  const id = `evt_${++events}`;
  const body = JSON.stringify({ id, type: 'organization.directory.user_created', data: { id: 'user_1' } });
  const seconds = String(Math.floor(Date.now() / 1000));
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  const headers = { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${mac}` };
  const result = await pool.invoke(
    JSON.stringify({
      httpMethod: 'POST',
      pathParameters: { source: 'scalekit' },
      multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      requestContext: { path: '/webhooks/scalekit', identity: { sourceIp: '127.0.0.1' } },
      body,
      isBase64Encoded: false,
    }),
  );
  if (!result.ok) throw new Error(`${result.type}: ${result.message}`);
  const answer = JSON.parse(result.payload.toString()) as { statusCode: number; headers: Record<string, unknown> };
  return { status: answer.statusCode, retryAfter: answer.headers['retry-after'] };
}

test('while Secrets Manager is down, sandboxes that hold their secret serve, new ones answer 503, and nobody is told 401', async () => {
  const warm = sandboxes();
  expect(await deliver(warm)).toMatchObject({ status: 201 });
  expect(await deliver(warm, FORGED)).toMatchObject({ status: 401 });

  down = 'unwell';
  for (let i = 0; i < 20; i++) expect(await deliver(warm)).toMatchObject({ status: 201 });
  const cold = sandboxes();
  for (let i = 0; i < 3; i++) expect(await deliver(cold)).toEqual(OUR_FAULT);
  // It may be a secret that was set a moment ago: a container that can't look it up can't say that it is none.
  const other = sandboxes();
  down = false;
  expect(await deliver(other)).toMatchObject({ status: 201 });
  down = 'unwell';
  expect(await deliver(other, FORGED)).toEqual(OUR_FAULT);

  down = false;
  expect(await deliver(sandboxes())).toMatchObject({ status: 201 });
});

test('forgeries make a sandbox ask Secrets Manager once a minute, whether it answers or not', async () => {
  const holding = sandboxes();
  await deliver(holding);
  calls = 0;
  for (let i = 0; i < 50; i++) expect(await deliver(holding, FORGED)).toMatchObject({ status: 401 });
  // One look: at the current version, and at the one before it, which still counts.
  expect(calls).toBe(2);

  down = 'unwell';
  const cold = sandboxes();
  calls = 0;
  for (let i = 0; i < 50; i++) expect(await deliver(cold, FORGED)).toEqual(OUR_FAULT);
  // Of the SDK's three tries.
  expect(calls).toBe(3);
  down = false;
});

test('a Secrets Manager that says nothing is given up within the time that a provider waits', async () => {
  down = 'silent';
  const began = performance.now();
  expect(await deliver(sandboxes())).toEqual(OUR_FAULT);
  expect(performance.now() - began).toBeLessThan(9_000);
  down = false;
});
