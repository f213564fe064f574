import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GetQueueUrlCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type RunningHost, startTestHost, until } from '../support/host.ts';
import { credentials, paymentSucceeded, secretOf, send, signedByScalekit } from '../support/provider.ts';
import { type Ended, hookgate } from './process.ts';

const ROOT = resolve(__dirname, '../..');
const PROCESSOR = 'lambdas/processors/scalekit/user-created.ts';
const START = '  handler: async ({ payload';
/** The controller's minute comes, and the next; CloudWatch's as well. */
const MINUTES = 150_000;

/** A copy of the project whose processor has a mistake, for a person to mend. */
let project: string;
let healthy: string;
let host: RunningHost;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'hookgate-project-'));
  for (const part of ['bin', 'lib', 'local', 'lambdas', 'package.json', 'package-lock.json']) {
    cpSync(join(ROOT, part), join(project, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  healthy = readFileSync(join(project, PROCESSOR), 'utf8');
  expect(healthy).toContain(START);
  const mistake = `handler: async (event, context) => {
    if (event.id?.includes('poison')) throw new Error('no plan for it');
    await handle(event, context);
  },
  // In minutes less than by default: one try, and none as a dead letter.
  retry: { tries: 1, deadLetters: false },
});

const { handler: handle } = processor({
  on: '*',
  schema: z.any(),
${START}`;
  writeFileSync(join(project, PROCESSOR), healthy.replace(START, `  ${mistake}`));
  host = await startTestHost(join(project, '.hookgate'), { project, arguments: ['--watch'] });
  await until(() => host.output().includes('Watching lambdas/'), host.output);
});

afterAll(async () => {
  await host?.stop();
  rmSync(project, { recursive: true, force: true, maxRetries: 5 });
});

function run(args: string): Promise<Ended> {
  return hookgate(args.split(' '), { env: { HOOKGATE_DATA: host.data } });
}

async function json<T = Record<string, unknown>>(args: string): Promise<T> {
  const ended = await run(`${args} --json`);
  if (ended.stdout === '') throw new Error(ended.stderr);
  return JSON.parse(ended.stdout) as T;
}

/** Asks until the answer is as wished, for as long as what comes once a minute needs. */
async function eventually<T>(ask: () => Promise<T>, wished: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + MINUTES;
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`In time only: ${JSON.stringify(answer)}\n${host.output()}`);
    await new Promise((again) => setTimeout(again, 250));
  }
}

interface Event {
  readonly status: string;
  readonly attempt: number;
  readonly lastError: string | null;
}

async function event(source: string, id: string): Promise<Event> {
  const answer = await fetch(`${host.url}/admin/events/${source}/${id}`);
  return (await answer.json()) as Event;
}

interface QueueLine {
  readonly queue: string;
  readonly name: string;
  readonly visible: number;
  readonly oldestSeconds: number | null;
}

async function queue(route: string, hop: string): Promise<QueueLine> {
  const lines = await json<readonly QueueLine[]>(`dlq ls ${route}`);
  const line = lines.find((one) => one.queue === hop);
  if (!line) throw new Error(`no ${hop} queue of ${route}`);
  return line;
}

interface RouteLine {
  readonly source: string;
  readonly route: string;
  readonly breaker: string;
  readonly pausedAt: string | null;
  readonly waiting: number;
  readonly atRiskFrom: string | null;
}

async function routeLine(name: string): Promise<RouteLine> {
  const { routes } = await json<{ routes: readonly RouteLine[] }>('breaker');
  const line = routes.find(({ source, route }) => `${source}/${route}` === name);
  if (!line) throw new Error(`no route ${name}`);
  return line;
}

/** How the controller has set the route's mappings, in order. */
function modes(route: string): string[] {
  const logs = join(host.data, 'logs');
  return readdirSync(logs)
    .flatMap((file) => readFileSync(join(logs, file), 'utf8').split('\n'))
    .filter((line) => line.includes('"mappings set"'))
    .map((line) => JSON.parse(line) as { route: string; mode: string; timestamp: string })
    .filter((line) => line.route === route)
    .map(({ mode }) => mode);
}

const untilMode = (route: string, mode: string) =>
  eventually(
    () => Promise.resolve(modes(route)),
    (all) => all.at(-1) === mode,
  );

test('one poison event among fifty is parked, the others are done; mended and redriven it is done', async () => {
  const secret = await secretOf(host, 'scalekit');
  const ids = Array.from({ length: 50 }, (_, at) => (at === 20 ? 'evt_poison' : `evt_${at}`));
  for (const id of ids) {
    const body = JSON.stringify({
      id,
      type: 'organization.directory.user_created',
      occurred_at: new Date().toISOString(),
      organization_id: 'org_1',
      data: { id: `user_${id}`, email: 'ada@example.com' },
    });
    expect((await send(host, signedByScalekit(secret, id, body))).status).toBe(201);
  }
  const parked = await eventually(
    () => event('scalekit', 'evt_poison'),
    ({ status }) => status === 'PARKED',
  );
  expect(parked).toMatchObject({ attempt: 1, lastError: 'Error: no plan for it' });
  for (const id of ids.filter((each) => each !== 'evt_poison')) {
    const { status, attempt } = await eventually(
      () => event('scalekit', id),
      (one) => one.status === 'DONE',
    );
    expect({ status, attempt }).toEqual({ status: 'DONE', attempt: 1 });
  }
  // SQS brings its message to where a person finds it, and CloudWatch knows its age within a minute.
  const aged = await eventually(
    () => queue('scalekit/user-created', 'dead'),
    ({ visible, oldestSeconds }) => visible === 1 && oldestSeconds !== null,
  );
  expect(aged.oldestSeconds).toBeGreaterThanOrEqual(0);

  writeFileSync(join(project, 'mended.ts'), healthy);
  renameSync(join(project, 'mended.ts'), join(project, PROCESSOR));
  await eventually(
    () => Promise.resolve(host.output()),
    (output) => /reloaded (.+, )?scalekit-user-created in \d+ ms\n/.test(output),
  );
  expect((await run('dlq redrive scalekit/user-created --from dead')).stdout).toBe('1 moved from dead to main.\n');
  const done = await eventually(
    () => event('scalekit', 'evt_poison'),
    ({ status }) => status === 'DONE',
  );
  expect(done).toMatchObject({ status: 'DONE', attempt: 2 });
  expect(await queue('scalekit/user-created', 'dead')).toMatchObject({ visible: 0, oldestSeconds: null });
});

test('a paused route takes events in and keeps them, says from when on they are at risk, and goes on when resumed', async () => {
  const name = 'inkress/payment-success';
  const paused = await run(`pause ${name} --reason maintenance`);
  expect(paused.stdout).toMatch(
    /^inkress\/payment-success is paused since .+: its events are accepted and wait, 0 by now\.\n$/,
  );
  await untilMode('payment-success', 'disabled');

  const secret = await secretOf(host, 'inkress');
  expect((await send(host, paymentSucceeded(secret, 'evt_waits'))).status).toBe(200);
  const line = await eventually(
    () => routeLine(name),
    ({ waiting }) => waiting === 1,
  );
  const { pausedAt, atRiskFrom } = line;
  // Four days: the retention of its queue.
  expect(Date.parse(atRiskFrom ?? '') - Date.parse(pausedAt ?? '')).toBe(345_600_000);
  expect((await run('breaker')).stdout).toContain(atRiskFrom);
  expect((await run(`pause ${name}`)).stdout).toContain('The queue forgets those that came first from');
  expect(await event('inkress', 'evt_waits')).toMatchObject({ status: 'RECEIVED', attempt: 0 });

  expect((await run(`resume ${name}`)).stdout).toBe('inkress/payment-success runs; 1 events wait.\n');
  await untilMode('payment-success', 'configured');
  const done = await eventually(
    () => event('inkress', 'evt_waits'),
    ({ status }) => status === 'DONE',
  );
  expect(done.attempt).toBe(1);
});

test('a breaker is opened by hand, which disables the mapping, and closed by hand', async () => {
  const name = 'inkress/payment-failed';
  expect((await run(`breaker open ${name} --reason trial`)).stdout).toBe(
    'The breaker of inkress/payment-failed is open, until somebody closes it; 0 events wait.\n',
  );
  expect(await routeLine(name)).toMatchObject({ breaker: 'OPEN', pausedAt: null, atRiskFrom: null });
  expect((await run('breaker')).stdout).toMatch(/^inkress\/payment-failed +OPEN by hand /m);
  await untilMode('payment-failed', 'disabled');

  expect((await run(`breaker close ${name}`)).stdout).toBe('inkress/payment-failed runs; 0 events wait.\n');
  expect(await routeLine(name)).toMatchObject({ breaker: 'CLOSED' });
  await untilMode('payment-failed', 'configured');
});

test.each([
  ['breaker opne inkress/payment-failed', 'Did you mean open?'],
  ['breaker open', 'Which route? Name it as <source>/<route>, after "open".'],
  ['pause inkress/nobody', 'There is no route "inkress/nobody"'],
  ['resume', "missing required argument 'route'"],
])('%s says what is wrong', async (args, said) => {
  const ended = await run(args);
  expect(ended.code).not.toBe(0);
  expect(ended.stdout).toBe('');
  expect(ended.stderr).toContain(said);
});

test('Ctrl-C during a redrive says that SQS goes on and how to end it, and `dlq cancel` does', async () => {
  const client = new SQSClient({ region: host.region, credentials, endpoint: host.endpoints.sqs });
  const { name } = await queue('scalekit/user-updated', 'parked');
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
  for (let start = 0; start < 2_000; start += 10) {
    const Entries = Array.from({ length: 10 }, (_, at) => ({ Id: `m${at}`, MessageBody: `by hand ${start + at}` }));
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }
  client.destroy();
  expect((await run('dlq cancel scalekit/user-updated')).stdout).toBe(
    'No move of scalekit/user-updated is under way.\n',
  );

  const redrive = spawn(process.execPath, ['bin/cli.ts', 'dlq', 'redrive', 'scalekit/user-updated', '--rate', '1'], {
    cwd: ROOT,
    env: { ...process.env, HOOKGATE_DATA: host.data },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  redrive.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((end) => redrive.once('close', end));
  // It asks how the move gets on once it has begun it.
  await until(() => host.output().includes('/admin/queues/scalekit/user-updated/parked/move'), host.output);
  redrive.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(said).toContain(
    'SQS goes on moving. To end that: npm run -s hookgate -- dlq cancel scalekit/user-updated --from parked\n',
  );

  expect((await run('dlq cancel scalekit/user-updated')).stdout).toMatch(
    /^The move from parked is ended; \d+ were moved\.\n$/,
  );
  const { visible } = await queue('scalekit/user-updated', 'parked');
  expect(visible).toBeGreaterThan(0);
  expect((await run('dlq cancel scalekit/user-updated --from parked')).stdout).toBe(
    'No move of scalekit/user-updated is under way.\n',
  );
});
