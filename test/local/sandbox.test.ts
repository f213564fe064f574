import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InvocationResult, LambdaFunction } from '../../local/lambda/lambda-function.ts';
import { Pool } from '../../local/lambda/pool.ts';
import { eventually } from './services.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookgate-sandbox-'));
const log = openSync(join(folder, 'log'), 'a');
const pools: Pool[] = [];
const alive = new Set<number>();
let functions = 0;

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  rmSync(folder, { recursive: true, force: true });
});

function pool(source: string, options: Partial<LambdaFunction> = {}): Pool {
  functions += 1;
  const code = mkdtempSync(join(folder, 'code-'));
  writeFileSync(join(code, 'index.js'), source);
  const lambda: LambdaFunction = {
    id: `Function${functions}`,
    name: `function-${functions}`,
    label: `function-${functions}`,
    arn: `arn:aws:lambda:us-east-1:000000000000:function:function-${functions}`,
    roleArn: 'arn:aws:iam::000000000000:role/function',
    handler: 'index.handler',
    code,
    environment: { GREETING: 'hello' },
    memoryMb: 128,
    timeoutMs: 20_000,
    logFormat: 'JSON',
    background: false,
    ...options,
  };
  const made = new Pool(lambda, {
    host: {
      region: 'us-east-1',
      endpoints: { dynamodb: 'http://d', sqs: 'http://q', secretsmanager: 'http://s', s3: 'http://o' },
      lambdaEndpoint: 'http://l',
      wafEndpoint: 'http://w',
      cloudWatchEndpoint: 'http://c',
      logsEndpoint: 'http://g',
      log,
      born: (pid) => alive.add(pid),
      died: (pid) => alive.delete(pid),
    },
    most: 2,
    report: () => undefined,
    succeeded: () => undefined,
  });
  pools.push(made);
  return made;
}

const json = (result: InvocationResult): unknown =>
  result.ok ? JSON.parse(result.payload.toString()) : { failed: result.type, message: result.message };

test('a function is initialised once and answers each event', async () => {
  const counter = pool('let n = 0; exports.handler = async (event) => ({ n: ++n, event });');
  expect(json(await counter.invoke('{"a":1}'))).toEqual({ n: 1, event: { a: 1 } });
  expect(json(await counter.invoke('{"a":2}'))).toEqual({ n: 2, event: { a: 2 } });
});

test('a function sees its own environment and nothing of the host’s', async () => {
  process.env['HOST_SECRET'] = 'mine';
  const shows = pool('exports.handler = async () => process.env;');
  const environment = json(await shows.invoke('{}')) as Record<string, string>;
  expect(environment).toMatchObject({
    GREETING: 'hello',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: shows.lambda.id,
    AWS_ENDPOINT_URL_SQS: 'http://q',
  });
  expect(environment).not.toHaveProperty('HOST_SECRET');
});

test.each([
  ['throws', 'exports.handler = async () => { throw new RangeError("no"); };', 'RangeError', 'no'],
  ['can’t be loaded', 'throw new TypeError("broken");', 'TypeError', 'broken'],
  ['exits', 'exports.handler = async () => process.exit(3);', 'Runtime.ExitError', 'exit status 3'],
  [
    'takes a callback',
    'exports.handler = (event, context, done) => done();',
    'Runtime.CallbackHandlerDeprecated',
    'callback',
  ],
  [
    'fills its memory',
    'exports.handler = async () => { const all = []; for (;;) all.push(new Array(1e6).fill({})); };',
    'Runtime.OutOfMemory',
    'memory',
  ],
])('a function that %s fails its event', async (_, source, type, message) => {
  const result = await pool(source, { memoryMb: 64, timeoutMs: 120_000 }).invoke('{}');
  expect(json(result)).toEqual({ failed: type, message: expect.stringContaining(message) as unknown });
});

test('a function is killed at its timeout, and the next event gets a new sandbox', async () => {
  const hangs = pool(
    'exports.handler = async ({ hang }) => (hang ? new Promise(() => setInterval(() => 0, 1e6)) : "ok");',
    {
      timeoutMs: 3_000,
    },
  );
  expect(json(await hangs.invoke('{"hang":true}'))).toMatchObject({ failed: 'Sandbox.Timedout' });
  expect(json(await hangs.invoke('{"hang":false}'))).toBe('ok');
});

test('a function stands still between events', async () => {
  const ticks = pool('let n = 0; setInterval(() => n++, 1); exports.handler = async () => n;');
  await ticks.invoke('{}');
  const pid = [...alive].at(-1);
  const state = () =>
    / ([A-Z]) /.exec(
      readFileSync(`/proc/${pid}/stat`, 'latin1').slice(readFileSync(`/proc/${pid}/stat`, 'latin1').lastIndexOf(')')),
    )?.[1];
  expect(await eventually(() => (state() === 'T' ? 'stopped' : undefined))).toBe('stopped');
});

test('new code is run by the next event', async () => {
  const changing = pool('exports.handler = async () => "old";');
  expect(json(await changing.invoke('{}'))).toBe('old');
  const code = mkdtempSync(join(folder, 'code-'));
  writeFileSync(join(code, 'index.js'), 'exports.handler = async () => "new";');
  await changing.replace({ ...changing.lambda, code });
  expect(json(await changing.invoke('{}'))).toBe('new');
});

test('a closed pool leaves no process', async () => {
  await Promise.all(pools.map((one) => one.close()));
  expect(alive).toEqual(new Set());
});
