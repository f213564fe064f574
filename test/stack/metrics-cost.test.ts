import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as METRICS from '../../lambdas/core/metrics.ts';
import { metricCost, SERIES } from '../../lib/metric-cost.ts';

const page = readFileSync(
  resolve(import.meta.dirname, '..', '..', 'docs', 'decisions', '015-metrics-and-alarms.md'),
  'utf8',
);

test('every metric is among the series that are paid for', () => {
  const { DIMENSION: _dimension, VERSION: _version, metricsNamespace: _namespace, ...metrics } = METRICS;
  const names = Object.values(metrics).flatMap((one) => (typeof one === 'string' ? [one] : Object.values(one)));
  const paid = Object.values(SERIES).flatMap(({ steady, rare }) => [...steady, ...rare]);
  expect([...new Set(paid.map((series) => series.split(' ')[0]))].sort()).toEqual([...names].sort());
});

test.each(['source', 'route'] as const)('what the metrics of a %s cost is what the page says', (of) => {
  const cells = new RegExp(`^\\| ${of} +\\| (\\d+) +\\| (\\d+).*\\| \\$([\\d.]+) +\\| \\$([\\d.]+) +\\|$`, 'm').exec(
    page,
  );
  expect(cells?.slice(1)).toEqual([
    String(SERIES[of].steady.length),
    String(SERIES[of].rare.length),
    metricCost(of).least.toFixed(2),
    metricCost(of).most.toFixed(2),
  ]);
});

test('a source with two routes costs between three and eleven dollars a month', () => {
  const [source, route] = [metricCost('source'), metricCost('route')];
  expect((source.least + 2 * route.least).toFixed(2)).toBe('3.30');
  expect((source.most + 2 * route.most).toFixed(2)).toBe('10.50');
});
