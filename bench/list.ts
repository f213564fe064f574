/**
 * How long the first page of a list takes among 100,000 events, by each filter: `npm run bench:list`. Starts a host of
 * its own, puts the records straight into its table, and asks the admin API as the command line does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchWriteItemCommand, DynamoDBClient, ListTablesCommand, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { toItem } from '../lambdas/adapters/dynamodb/record-item.ts';
import type { EventRecord, Status } from '../lambdas/core/record.ts';
import { LIST_BY } from '../lambdas/core/table.ts';
import { config } from '../lib/config.ts';
import type { HostFile } from '../local/data-folder.ts';

const ROOT = resolve(import.meta.dirname, '..');
const EVENTS = Number(process.argv[2] ?? 100_000);
const DAYS = 20;
const DAY_MS = 24 * 60 * 60_000;
const ASKED_EACH = 7;
const SOURCES = ['scalekit', 'inkress', 'skribby'] as const;
/** What few events are, so that a list of it has to look far. */
const RARE: readonly (readonly [every: number, Partial<EventRecord>])[] = [
  [10_007, { status: 'PARKED', lastError: 'Error: the CRM refused it' }],
  [9_973, { status: 'FAILED', lastError: 'Timeout: nothing came' }],
  [20_011, { status: 'PROCESSING' }],
  [15_013, { status: 'RECEIVED' }],
  [12_007, { type: 'invoice.voided' }],
];

const data = mkdtempSync(join(tmpdir(), 'hookgate-bench-'));
const port = await freePort();
const host = await start();
try {
  const { url, endpoints } = JSON.parse(readFileSync(join(data, 'host.json'), 'utf8')) as HostFile;
  await fill(endpoints.dynamodb);
  await ask(url, '');
  const hour = new Date(Date.now() - 12 * DAY_MS);
  const filters: readonly string[] = [
    '',
    'source=skribby',
    ...['DONE', 'PARKED', 'FAILED', 'PROCESSING', 'RECEIVED', 'FILTERED'].map((status) => `status=${status}`),
    'type=user.created',
    'type=invoice.voided',
    'type=nothing.of.it',
    `from=${hour.toISOString()}&to=${new Date(hour.getTime() + DAY_MS / 24).toISOString()}`,
    'text=evt_77777',
    'text=crm&status=PARKED',
    'text=nobody-has-this',
    'source=inkress&status=FAILED&type=user.created&text=timeout',
  ];
  console.log(`${EVENTS} events; milliseconds to the first page, median and longest of ${ASKED_EACH}`);
  for (const filter of filters) {
    const times: number[] = [];
    let answer = { events: 0, more: false };
    for (let i = 0; i < ASKED_EACH; i++) {
      const began = performance.now();
      answer = await ask(url, filter);
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    const [median = NaN, longest = NaN] = [times[Math.floor(times.length / 2)], times.at(-1)];
    const found = `${answer.events} events${answer.more ? ', and more pages' : ''}`;
    console.log(`${median.toFixed(0).padStart(5)} ${longest.toFixed(0).padStart(5)}  ${filter || 'all'}: ${found}`);
  }
} finally {
  host.kill('SIGTERM');
  await new Promise((done) => host.once('exit', done));
  rmSync(data, { recursive: true, force: true });
}
process.exit(0);

async function ask(url: string, filter: string): Promise<{ events: number; more: boolean }> {
  const response = await fetch(`${url}/admin/events?${filter}`);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const { events, next } = (await response.json()) as { events: unknown[]; next: string | null };
  return { events: events.length, more: next !== null };
}

async function fill(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const table = TableNames.find((name) => name.includes('RecordsTable')) ?? '';
  const listBy = config.stages.local.listBy;
  if (LIST_BY.some((by) => !listBy.includes(by))) console.log(`listed by ${listBy.join(', ')} only`);
  const began = performance.now();
  for (let from = 0; from < EVENTS; from += 100) {
    await Promise.all(
      [0, 25, 50, 75].map((offset) => {
        const requests: WriteRequest[] = Array.from({ length: 25 }, (_, i) => ({
          PutRequest: { Item: toItem(recordOf(from + offset + i), listBy) },
        }));
        return client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
      }),
    );
  }
  client.destroy();
  console.log(`filled in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

function recordOf(index: number): EventRecord {
  const source = SOURCES[index % SOURCES.length] ?? SOURCES[0];
  const [, rare = {}] = RARE.find(([every]) => index % every === every - 1) ?? [];
  const receivedAt = Date.now() - Math.floor((DAYS * DAY_MS * (EVENTS - index)) / EVENTS);
  return {
    v: 1,
    pk: `${source}#evt_${index}`,
    status: 'DONE' satisfies Status,
    source,
    eventId: `evt_${index}`,
    type: 'user.created',
    route: 'user-created',
    bodySha256: createHash('sha256').update(String(index)).digest('hex'),
    bodyBytes: 400,
    receivedAt,
    epoch: 0,
    attempt: 1,
    expiresAt: Math.floor(receivedAt / 1000) + 30 * 24 * 60 * 60,
    ...rare,
  };
}

async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/local.ts')], {
    env: { ...process.env, PORT: String(port), HOOKGATE_DATA: data },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error('The host did not start.');
    await sleep(50);
  }
  return child;
}

async function isReady(): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as AddressInfo;
      server.close(() => done(free));
    });
  });
}
