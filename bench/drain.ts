/**
 * How fast queued events are processed on the local host, whole: `npm run bench:drain`. Starts a host of its own with a
 * data folder of its own, queues 10,000 recorded events that become visible in one moment, and waits until all are DONE.
 * Then the same function is handed batches of one and of ten in turn, in sandboxes of this process, for what a
 * batch saves and what a message costs; and beside it a function that makes the same calls of the SDK and nothing else.
 * The difference is what Hookgate adds.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BuildOptions, buildSync } from 'esbuild';
import { queueName } from '../lambdas/core/source.ts';
import { jsonClient } from '../local/aws/json-client.ts';
import type { HostFile } from '../local/data-folder.ts';
import { toEvent } from '../local/events/sqs-mapping.ts';
import { Pool } from '../local/lambda/pool.ts';
import { EventQueue, type EventsOf } from '../test/support/queued-events.ts';
import { cpuByProcess, cpuOf, environmentOf } from './cpu.ts';

const ROOT = resolve(import.meta.dirname, '..');
const ROUTE: EventsOf = { source: 'inkress', route: 'payment-success', type: 'payment.success' };
const MESSAGES = 10_000;
const LEAST_PER_SECOND = 250;
/** Longer than it takes to send them all. */
const VISIBLE_AFTER_SECONDS = 30;
const ROUNDS = 12;
/** Messages of one sample. */
const SAMPLE = 400;
const WARM_UP = 2_000;
/** Rounds that don't count: until all is compiled. */
const WARM_ROUNDS = 4;
const MOST_BATCH_SHARE = 0.5;
const MOST_OVERHEAD_MS = 1;

/** As the functions are (`lib/bundle.ts`). */
const BUNDLED = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
} satisfies BuildOptions;

const data = mkdtempSync(join(tmpdir(), 'hookgate-bench-'));
const host = await start();
let missed = 0;
try {
  const target = JSON.parse(readFileSync(join(data, 'host.json'), 'utf8')) as HostFile;
  const events = await EventQueue.of(target);
  await drain(target, events);
  await compareBatches(target, events);
  events.close();
} finally {
  await stop(host);
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(missed > 0 ? 1 : 0);

async function drain(target: HostFile, events: EventQueue): Promise<void> {
  // Loaded and compiled, as it is in a queue's second minute.
  await events.send(ROUTE, await events.record(ROUTE, some('warm', WARM_UP)), 0);
  await untilEmpty(target);
  const messages = await events.record(ROUTE, some('drain', MESSAGES));
  const sendingAt = Date.now();
  await events.send(ROUTE, messages, VISIBLE_AFTER_SECONDS);
  const sent = Date.now();
  if (sent - sendingAt > VISIBLE_AFTER_SECONDS * 1000)
    throw new Error('Sending took longer than the delay of the first.');
  await sleep(sendingAt + VISIBLE_AFTER_SECONDS * 1000 - sent);
  const before = cpuByProcess(target.pid);
  const began = performance.now();
  await untilEmpty(target);
  const seconds = (performance.now() - began) / 1000;
  const after = cpuByProcess(target.pid);
  const rate = MESSAGES / seconds;
  say(
    `drain of ${MESSAGES} queued`,
    `${rate.toFixed(0)}/s on ${availableParallelism()} processors`,
    rate >= LEAST_PER_SECOND,
    `at least ${LEAST_PER_SECOND}/s`,
  );
  for (const [name, spent] of after) {
    const ms = ((spent - (before.get(name) ?? 0)) * 1000) / MESSAGES;
    if (ms >= 0.01) console.log(`  CPU per message  ${ms.toFixed(2)} ms  ${name}`);
  }
  const undone = await notDone(events, 'drain', MESSAGES);
  if (undone > 0) throw new Error(`${undone} events are not DONE although their queue is empty.`);
}

/** Sandboxes of this process run the host's own bundle, and the bare function, against the host's services. */
async function compareBatches(target: HostFile, events: EventQueue): Promise<void> {
  const environment = environmentOf(target.pid, `${ROUTE.source}${ROUTE.route.replaceAll('-', '')}`);
  if (!environment) {
    console.log('  batches are compared on Linux only: /proc says what a process has used');
    return;
  }
  const code = join(data, 'bare');
  buildSync({
    ...BUNDLED,
    entryPoints: [join(import.meta.dirname, 'bare-function.ts')],
    outfile: join(code, 'index.js'),
  });
  const [ours, bare] = [
    await sandbox(target, environment, environment['LAMBDA_TASK_ROOT'] ?? ''),
    await sandbox(target, environment, code),
  ];
  const sides = [
    { name: 'one', ...ours, size: 1, per: [] as number[] },
    { name: 'ten', ...ours, size: 10, per: [] as number[] },
    { name: 'bare', ...bare, size: 10, per: [] as number[] },
  ] as const;
  for (let round = -WARM_ROUNDS; round < ROUNDS; round += 1) {
    // Whoever goes first profits or suffers from what came before: it changes every round.
    for (const { name, pool, pid, size, per } of round % 2 === 0 ? sides : sides.toReversed()) {
      const prefix = `batch-${name}-${round}`;
      const messages = await events.record(ROUTE, some(prefix, SAMPLE));
      const before = cpuOf(pid);
      for (let at = 0; at < messages.length; at += size)
        await invoke(pool, messages.slice(at, at + size), `${prefix}-${at}`);
      if (round >= 0) per.push(((cpuOf(pid) - before) * 1000) / SAMPLE);
      const undone = await notDone(events, prefix, SAMPLE);
      if (undone > 0) throw new Error(`${undone} events of a batch are not DONE.`);
    }
  }
  await Promise.all([ours.pool.close(), bare.pool.close()]);
  const [one, ten, least] = sides.map(({ per }) => per) as [number[], number[], number[]];
  const share = median(ten.map((ms, round) => ms / (one[round] ?? NaN)));
  say(
    'CPU per message, batches of 10 / of 1',
    share.toFixed(2),
    share <= MOST_BATCH_SHARE,
    `at most ${MOST_BATCH_SHARE}`,
  );
  const own = median(ten.map((ms, round) => ms - (least[round] ?? NaN)));
  say(
    'CPU per message that Hookgate adds to the SDK and the runtime, in batches of 10',
    `${own.toFixed(2)} ms`,
    own <= MOST_OVERHEAD_MS,
    `at most ${MOST_OVERHEAD_MS} ms`,
  );
  console.log(`  CPU per message  ${median(ten).toFixed(2)} ms  all in, in batches of 10`);
  console.log(`  CPU per message  ${median(one).toFixed(2)} ms  all in, in batches of 1`);
  console.log(
    `  CPU per message  ${median(least).toFixed(2)} ms  a bare function with the same calls, in batches of 10`,
  );
}

async function sandbox(
  { region, endpoints }: HostFile,
  environment: Readonly<Record<string, string>>,
  code: string,
): Promise<{ readonly pool: Pool; readonly pid: number }> {
  let pid = 0;
  const pool = new Pool(
    {
      id: environment['AWS_ACCESS_KEY_ID'] ?? '',
      name: environment['AWS_LAMBDA_FUNCTION_NAME'] ?? '',
      label: 'bench',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:bench',
      roleArn: 'arn:aws:iam::000000000000:role/bench',
      handler: environment['_HANDLER'] ?? '',
      code,
      environment,
      memoryMb: Number(environment['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']),
      timeoutMs: 30_000,
      logFormat: 'JSON',
      background: false,
    },
    {
      host: {
        region,
        endpoints,
        lambdaEndpoint: environment['AWS_ENDPOINT_URL_LAMBDA'] ?? '',
        wafEndpoint: environment['AWS_ENDPOINT_URL_WAFV2'] ?? '',
        cloudWatchEndpoint: environment['AWS_ENDPOINT_URL_CLOUDWATCH'] ?? '',
        logsEndpoint: environment['AWS_ENDPOINT_URL_CLOUDWATCH_LOGS'] ?? '',
        log: openSync(join(data, 'bench.log'), 'a'),
        born: (born) => (pid = born),
        died: () => undefined,
      },
      most: 1,
      succeeded: () => undefined,
      report: (_, type, message) => console.error(`${type}: ${message}`),
    },
  );
  await pool.warm();
  return { pool, pid };
}

async function invoke(pool: Pool, messages: readonly string[], name: string): Promise<void> {
  const batch = messages.map((Body, at) => ({
    MessageId: `${name}-${at}`,
    ReceiptHandle: 'none',
    Body,
    MD5OfBody: '',
    Attributes: { SentTimestamp: String(Date.now()), ApproximateReceiveCount: '1' },
  }));
  const queueArn = `arn:aws:sqs:us-east-1:000000000000:${queueName('local', ROUTE.source, { name: ROUTE.route }, 'main')}`;
  const result = await pool.invoke(toEvent(batch, queueArn, 'us-east-1'));
  if (!result.ok || result.payload.toString() !== '{"batchItemFailures":[]}') {
    throw new Error(`A batch failed: ${result.ok ? result.payload.toString() : result.message}`);
  }
}

function some(prefix: string, count: number) {
  return Array.from({ length: count }, (_, at) => ({
    id: `${prefix}-${at}`,
    body: {
      id: `${prefix}-${at}`,
      event_type: ROUTE.type,
      created_at: new Date().toISOString(),
      data: { order_id: `order_${prefix}-${at}`, amount: 25_000, currency: 'JMD' },
    },
  }));
}

async function notDone(events: EventQueue, prefix: string, count: number): Promise<number> {
  let undone = 0;
  for (let at = 0; at < count; at += Math.max(1, Math.floor(count / 200))) {
    const record = await events.store.get(`${ROUTE.source}#${prefix}-${at}`);
    if (record?.status !== 'DONE') undone += 1;
  }
  return undone;
}

async function untilEmpty({ endpoints, stage }: HostFile): Promise<void> {
  const sqs = jsonClient(endpoints.sqs, 'AmazonSQS');
  const QueueUrl = `${endpoints.sqs}/000000000000/${queueName(stage, ROUTE.source, { name: ROUTE.route }, 'main')}`;
  for (let left = 1; left > 0;) {
    await sleep(100);
    const { Attributes } = await sqs.call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    left = Object.entries(Attributes as Record<string, string>)
      .filter(([name]) => name.startsWith('ApproximateNumberOfMessages'))
      .reduce((sum, [, count]) => sum + Number(count), 0);
  }
  sqs.close();
}

function say(name: string, figure: string, ok: boolean, bound: string): void {
  if (!ok) missed += 1;
  console.log(`${name}: ${figure} (${bound}) ${ok ? 'ok' : 'MISSED'}`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/local.ts')], {
    env: { ...process.env, PORT: '0', HOOKGATE_DATA: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((ready, fail) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('Ready in')) ready();
    });
    child.once('exit', (code) => fail(new Error(`The host ended with ${code}.`)));
  });
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  child.removeAllListeners('exit');
  child.kill('SIGTERM');
  await new Promise((done) => child.once('exit', done));
}
