import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { costOf, type Prices } from '../../../cli/cost.ts';
import { countStack, type StackCounts } from '../../../cli/stack-counts.ts';

const PRICES = JSON.parse(readFileSync(resolve('cli', 'prices', 'us-east-1-2026-08-21.json'), 'utf8')) as Prices;

const STACK: StackCounts = {
  routes: 2,
  mappings: 4,
  queues: 6,
  fifoQueues: 0,
  tables: 2,
  functions: 8,
  alarmMetrics: 14,
  compositeAlarms: 1,
  dashboards: 1,
  secrets: 1,
  keys: 0,
  webAcls: 1,
  webAclRules: 4,
  verifierMb: 512,
  processorMb: 512,
  scheduledRuns: 43_800,
  traces: true,
  listBy: [],
};

/** Of the stage; two share one secret. */
const SOURCES = 2;

function dollars(what: string, volume: number, stack: Partial<StackCounts> = {}): number {
  const found = costOf({ ...STACK, ...stack }, SOURCES, volume, PRICES).lines.find((line) => line.what === what);
  return Math.round((found?.dollarsPerMonth ?? NaN) * 100) / 100;
}

test.each([
  // 10 × $3.50
  ['REST API', 10e6, 35],
  // 333 × 3.50 + 67 × 2.80
  ['REST API', 400e6, 1353.1],
  // $5 + 4 × $1 + 10 × $0.60
  ['web ACL', 10e6, 15],
  // 10 × 6 × $0.625
  ['table, writes', 10e6, 37.5],
  // 10 × (1 + 2/5) × $0.40
  ['queues, messages', 10e6, 5.6],
  // 4 × 657,000 polls × $0.40 a million
  ['queues, idle', 10e6, 1.05],
  // the first of each of 2,628,000 seconds and 5 % of 7,372,000 others, × $5 a million
  ['traces', 10e6, 14.98],
  // 14 × $0.10 + $0.50
  ['alarms', 10e6, 1.9],
  ['dashboard', 10e6, 3],
  // 2 × 7 and 2 × 2 series × $0.30
  ['metrics', 10e6, 5.4],
  // $0.40, and 2 sources each 8,760 times × $5 a million
  ['secrets', 10e6, 0.49],
  // 1,000,000,000 × 20 ms are eight containers at once: 2 × 8 × 8,760 × $5 a million
  ['secrets', 1e9, 1.1],
  ['keys', 10e6, 0],
  // 10,000,000 × 545 bytes are 5.08 GB × $0.50
  ['logs', 10e6, 2.54],
  // 10,000,000 × 2,600 bytes × 1.1 months are 26.6 GB × ($0.25 + $0.20)
  ['table, storage', 10e6, 11.99],
])('%s at %d webhooks a month is $%d', (what, volume, expected) => {
  expect(dollars(what, volume)).toBe(expected);
});

test('listing by type and status, FIFO and no tracing change what they cost and nothing else', () => {
  expect(dollars('table, writes', 1e6, { listBy: ['type'] })).toBe(4.38);
  expect(dollars('table, writes', 1e6, { listBy: ['type', 'status'] })).toBe(7.5);
  expect(dollars('queues, messages', 10e6, { fifoQueues: 3 })).toBe(7);
  expect(dollars('traces', 10e6, { traces: false })).toBe(0);
  // $1, and (2 × 6 + 8 × 2) × 8,760 data keys and 17,520 secrets × $3 a million
  expect(dollars('keys', 10e6, { keys: 1 })).toBe(1.79);
});

test('the total is the sum of its lines, and the levers are the three that save most', () => {
  const { dollarsPerMonth, dollarsPerMillion, lines, levers } = costOf(
    { ...STACK, listBy: ['status'] },
    SOURCES,
    10e6,
    PRICES,
  );

  expect(lines.reduce((sum, line) => sum + line.dollarsPerMonth, 0)).toBeCloseTo(dollarsPerMonth, 6);
  expect(dollarsPerMillion).toBeCloseTo(dollarsPerMonth / 10, 6);
  // 10 × 5 × $0.625; 10 × ($3.50 − $1.00); $5 + 4 × $1 + 10 × $0.60
  expect(levers.map(({ savesPerMonth }) => Math.round(savesPerMonth * 100) / 100)).toEqual([31.25, 25, 15]);
  expect(levers.map(({ change }) => change.slice(0, 30))).toEqual([
    'not list by status (`listBy` o',
    'put an HTTP API in the place o',
    'call it behind a front of your',
  ]);
});

test('another bill has other levers: at few webhooks what is there costs most', () => {
  const { levers } = costOf({ ...STACK, webAcls: 0, webAclRules: 0, traces: false }, SOURCES, 1_000, PRICES);
  expect(levers[0]?.change).toContain('put two routes together');
});

test('templates are counted by what is in them, those of nested stacks with the stage’s own', () => {
  const counts = countStack([
    {
      RouteAProcessor: { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 256 } },
      IngestVerifier: {
        Type: 'AWS::Lambda::Function',
        Properties: { MemorySize: 1024, Environment: { Variables: { LIST_BY: 'type status' } } },
      },
      Messages: { Type: 'AWS::Lambda::EventSourceMapping' },
      Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
      Alarm: { Type: 'AWS::CloudWatch::Alarm' },
      OfAnExpression: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: { Metrics: [{ Expression: 'a + b' }, { MetricStat: {} }, { MetricStat: {} }] },
      },
      All: { Type: 'AWS::CloudWatch::CompositeAlarm' },
      Acl: { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [{}, {}] } },
      Table: { Type: 'AWS::DynamoDB::Table', Properties: { GlobalSecondaryIndexes: [{ IndexName: 'types' }] } },
      EveryMinute: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 minute)' } },
      EveryHour: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 hour)' } },
      Stage: { Type: 'AWS::ApiGateway::Stage', Properties: { TracingEnabled: true } },
    },
    {
      RouteAProcessor: { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 256 } },
      Messages: { Type: 'AWS::Lambda::EventSourceMapping' },
      Secret: { Type: 'AWS::SecretsManager::Secret' },
    },
  ]);

  expect(counts).toEqual({
    routes: 2,
    mappings: 2,
    queues: 1,
    fifoQueues: 1,
    tables: 1,
    functions: 3,
    alarmMetrics: 3,
    compositeAlarms: 1,
    dashboards: 0,
    secrets: 1,
    keys: 0,
    webAcls: 1,
    webAclRules: 2,
    verifierMb: 1024,
    processorMb: 256,
    scheduledRuns: 44_530,
    traces: true,
    listBy: ['type', 'status'],
  });
});
