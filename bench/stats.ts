/**
 * `npm run bench:stats`: statistics over a million events of 24 hours, asked as the admin API asks, from the local
 * CloudWatch over HTTP.
 */
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { cloudWatchMetrics } from '../lambdas/adapters/cloudwatch-metrics.ts';
import { systemClock } from '../lambdas/adapters/clients.ts';
import { administerStats } from '../lambdas/core/admin/stats.ts';
import { DIMENSION, metricsNamespace, PROCESSING_METRIC } from '../lambdas/core/metrics.ts';
import { AlarmBook } from '../local/cloudwatch/alarm-book.ts';
import { cloudWatchApi } from '../local/cloudwatch/api.ts';
import { MetricStore } from '../local/cloudwatch/metric-store.ts';
import { serveJson } from '../local/aws/json-server.ts';

const EVENTS = 1_000_000;
const HOURS = 24;
const ROUTES = 6;
const MOST_MS = 2_000;
const STAGE = 'bench';

const store = new MetricStore();
const now = Date.now();
let seed = 1;
for (let i = 0; i < EVENTS; i++) {
  // The same times in every run, as skewed as real ones.
  seed = (seed * 48_271) % 2_147_483_647;
  const ms = Math.round(4 + 20 * -Math.log(seed / 2_147_483_647));
  const dimensions = { [DIMENSION.source]: 'source', [DIMENSION.route]: `route-${i % ROUTES}` };
  const time = now - Math.floor((i / EVENTS) * (HOURS * 60 - 1) * 60_000);
  store.add({
    namespace: metricsNamespace(STAGE),
    name: PROCESSING_METRIC.processingMs,
    dimensions,
    time,
    values: [ms],
  });
}
const alarms = new AlarmBook({ metricAlarms: [], compositeAlarms: [], store, since: now, onChange: () => undefined });
const server = await serveJson(cloudWatchApi({ store, alarms, refresh: () => undefined, now: Date.now }));
const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
const client = new CloudWatchClient({ endpoint: server.url, region: 'us-east-1', credentials });
const routes = Array.from({ length: ROUTES }, (_, i) => ({
  processor: `a/route-${i}`,
  name: `route-${i}`,
  on: `t${i}`,
}));
const source = { name: 'source', provider: 'inkress', maxBodyBytes: 1, secretOverlapSeconds: 1, routes };
const ports = {
  gateway: { stage: STAGE, sources: [source] },
  metrics: cloudWatchMetrics(client, STAGE),
  clock: systemClock,
};

const began = performance.now();
const request = { method: 'GET', path: ['webhook-stats'], query: new Map(), body: Buffer.alloc(0), who: 'bench' };
const { body = '' } = await administerStats(request, ports);
const ms = performance.now() - began;
client.destroy();
await server.close();

const counted = (JSON.parse(body) as { types: { count: number }[] }).types.reduce((sum, { count }) => sum + count, 0);
console.log(
  `stats over ${counted.toLocaleString('en')} events of ${HOURS} h  ${ms.toFixed(0)} ms (at most ${MOST_MS})`,
);
process.exitCode = ms <= MOST_MS ? 0 : 1;
