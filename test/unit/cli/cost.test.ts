import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { costOf, type Prices } from '../../../cli/cost.ts';
import { countStack, type StackCounts } from '../../../cli/stack-counts.ts';

const PRICES = JSON.parse(readFileSync(resolve('cli', 'prices', 'us-east-1-2026-08-21.json'), 'utf8')) as Prices;

const STACK: StackCounts = {
  routes: 2,
  sources: 1,
  mappings: 4,
  fifoQueues: 0,
  alarms: 10,
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

function dollars(what: string, volume: number, stack: Partial<StackCounts> = {}): number {
  const found = costOf({ ...STACK, ...stack }, volume, PRICES).lines.find((line) => line.what === what);
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
  ['alarms', 10e6, 1],
  ['dashboard', 10e6, 3],
  ['secrets and keys', 10e6, 0.4],
])('%s at %d webhooks a month is $%d', (what, volume, expected) => {
  expect(dollars(what, volume)).toBe(expected);
});

test('listing by type and status, FIFO and no tracing change what they cost and nothing else', () => {
  expect(dollars('table, writes', 1e6, { listBy: ['type'] })).toBe(4.38);
  expect(dollars('table, writes', 1e6, { listBy: ['type', 'status'] })).toBe(7.5);
  expect(dollars('queues, messages', 10e6, { fifoQueues: 3 })).toBe(7);
  expect(dollars('traces', 10e6, { traces: false })).toBe(0);
});

test('the total is the sum of its lines, and the levers are the three that save most', () => {
  const { dollarsPerMonth, dollarsPerMillion, lines, levers } = costOf({ ...STACK, listBy: ['status'] }, 10e6, PRICES);

  expect(lines.reduce((sum, line) => sum + line.dollarsPerMonth, 0)).toBeCloseTo(dollarsPerMonth, 6);
  expect(dollarsPerMillion).toBeCloseTo(dollarsPerMonth / 10, 6);
  expect(levers.map(({ savesPerMonth }) => Math.round(savesPerMonth * 100) / 100)).toEqual([31.25, 15, 14.98]);
  expect(levers[0]?.change).toBe('not list by status (`listBy` of the stage)');
});

test('a template is counted by what is in it', () => {
  const counts = countStack({
    RouteAProcessor: { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 256 } },
    IngestVerifier: {
      Type: 'AWS::Lambda::Function',
      Properties: { MemorySize: 1024, Environment: { Variables: { LIST_BY: 'type status' } } },
    },
    Messages: { Type: 'AWS::Lambda::EventSourceMapping' },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
    Alarm: { Type: 'AWS::CloudWatch::Alarm' },
    All: { Type: 'AWS::CloudWatch::CompositeAlarm' },
    Acl: { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [{}, {}] } },
    Table: { Type: 'AWS::DynamoDB::Table', Properties: { GlobalSecondaryIndexes: [{ IndexName: 'types' }] } },
    EveryMinute: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 minute)' } },
    EveryHour: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'rate(1 hour)' } },
    Stage: { Type: 'AWS::ApiGateway::Stage', Properties: { TracingEnabled: true } },
  });

  expect(counts).toEqual({
    routes: 1,
    sources: 0,
    mappings: 1,
    fifoQueues: 1,
    alarms: 2,
    dashboards: 0,
    secrets: 0,
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
