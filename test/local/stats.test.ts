import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { cloudWatchMetrics } from '../../lambdas/adapters/cloudwatch-metrics.ts';
import { createEmf } from '../../lambdas/adapters/reports/emf.ts';
import { createLog } from '../../lambdas/adapters/reports/log.ts';
import { processingReport } from '../../lambdas/adapters/reports/processing-report.ts';
import { administerStats, type TypeStatistics } from '../../lambdas/core/admin/stats.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import type { Gateway } from '../../lambdas/core/source.ts';
import { type CloudWatch, startCloudWatch } from '../../local/cloudwatch/cloudwatch.ts';
import { Guard } from '../../local/iam/guard.ts';
import { nothingDesired } from '../../local/template/desired.ts';
import { ManualClock } from '../support/manual-clock.ts';
import fc from '../support/property.ts';
import { written } from '../support/written.ts';
import { CREDENTIALS } from './services.ts';

const MINUTE = 60_000;
const ROUTES = ['payment-success', 'payment-failed', 'any'] as const;
const ON = { 'payment-success': 'payment.success', 'payment-failed': 'payment.failed', any: 'payout.*' } as const;
const GATEWAY: Gateway = {
  stage: 'local',
  sources: [
    {
      name: 'inkress',
      provider: 'inkress',
      maxBodyBytes: 1,
      secretOverlapSeconds: 1,
      routes: ROUTES.map((name) => ({ processor: `inkress/${name}`, name, on: ON[name] })),
    },
  ],
};

/** One attempt of an event. */
interface Attempt {
  readonly route: (typeof ROUTES)[number];
  readonly minutesAgo: number;
  /** Undefined: it failed. */
  readonly ms: number | undefined;
}

const attempts = fc.array(
  fc.record<Attempt>({
    route: fc.constantFrom(...ROUTES),
    minutesAgo: fc.integer({ min: 0, max: 30 * 60 }),
    ms: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined }),
  }),
  { maxLength: 300 },
);

let folder: string;
let running: CloudWatch;
let client: CloudWatchClient;
let clock: ManualClock;

async function start(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'hookgate-stats-'));
  clock = new ManualClock(Math.floor(Date.now() / MINUTE) * MINUTE + 20_000);
  running = await startCloudWatch({
    desired: nothingDesired(),
    region: 'us-east-1',
    guard: new Guard(() => undefined),
    logs: folder,
    path: join(folder, 'metrics.json'),
    now: () => clock.now(),
    readQueues: () => Promise.resolve([]),
    onChange: () => undefined,
  });
  client = new CloudWatchClient({ endpoint: running.url, maxAttempts: 1, ...CREDENTIALS });
}

async function end(): Promise<void> {
  client.destroy();
  await running.close();
  rmSync(folder, { recursive: true });
}

/** As the processors write it, a batch for each minute and route. */
async function process(all: readonly Attempt[]): Promise<void> {
  const emf = createEmf('local');
  const log = createLog('test');
  const lines = await written(() => {
    for (const [key, batch] of Map.groupBy(all, ({ route, minutesAgo }) => `${route} ${minutesAgo}`)) {
      const [route = '', minutesAgo] = key.split(' ');
      const now = clock.now() - Number(minutesAgo) * MINUTE;
      const emit = (...args: Parameters<typeof emf>) => emf.at(now)(...args);
      const reports = processingReport({ log, emit, source: 'inkress', route, now: () => now });
      for (const { ms } of batch) {
        if (ms === undefined) {
          reports.report({ outcome: 'failed', delaySeconds: 30, record: RECORD, reason: 'Error: no' });
        } else reports.report({ outcome: 'done', record: RECORD, processingMs: ms });
      }
      reports.flush();
    }
  });
  appendFileSync(join(folder, 'processor.log'), lines.map((line) => `${line}\n`).join(''));
}

const RECORD: EventRecord = {
  v: 1,
  pk: 'inkress#evt_1',
  status: 'PROCESSING',
  source: 'inkress',
  type: 'payment.success',
  bodySha256: 'a'.repeat(64),
  bodyBytes: 1,
  receivedAt: Date.now(),
  epoch: 0,
  attempt: 1,
  expiresAt: 0,
};

async function stats(hours: string): Promise<{ status: number; body: { types: TypeStatistics[]; detail?: string } }> {
  const request = {
    method: 'GET',
    path: ['webhook-stats'],
    query: new Map([['hours', hours]]),
    body: Buffer.alloc(0),
    who: 'me',
  };
  const metrics = cloudWatchMetrics(client, 'local');
  const { status, body = '' } = await administerStats(request, { gateway: GATEWAY, metrics, clock });
  return { status, body: JSON.parse(body) as { types: TypeStatistics[] } };
}

/** Counted anew, event by event. */
function recount(all: readonly Attempt[], hours: number): TypeStatistics[] {
  return ROUTES.map((route) => {
    // The minute that runs is the first of so many.
    const mine = all.filter((one) => one.route === route && one.minutesAgo < hours * 60);
    const times = mine.flatMap(({ ms }) => ms ?? []).sort((a, b) => a - b);
    const some = times.length > 0;
    return {
      source: 'inkress',
      type: ON[route],
      route,
      count: mine.length,
      succeeded: times.length,
      failed: mine.length - times.length,
      averageMs: some ? Math.round((times.reduce((sum, ms) => sum + ms, 0) / times.length) * 10) / 10 : null,
      maxMs: times.at(-1) ?? null,
      minMs: times[0] ?? null,
      p95Ms: times[Math.ceil(times.length * 0.95) - 1] ?? null,
    };
  });
}

test('the statistics are what a recount of the events gives', async () => {
  await fc.assert(
    fc.asyncProperty(attempts, fc.constantFrom(1, 6, 24), async (all, hours) => {
      await start();
      try {
        await process(all);
        const { status, body } = await stats(String(hours));
        expect(status).toBe(200);
        expect(body.types).toEqual(recount(all, hours));
      } finally {
        await end();
      }
    }),
    { numRuns: 30 },
  );
});

test.each(['0', '25', '-1', '1.5', 'a', '', '999999999999'])('hours=%s is refused by its field', async (hours) => {
  await start();
  try {
    const { status, body } = await stats(hours);
    expect(status).toBe(400);
    expect(body).toMatchObject({ field: 'hours', detail: 'hours is a whole number from 1 to 24.' });
  } finally {
    await end();
  }
});
