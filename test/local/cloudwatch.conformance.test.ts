import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { MetricAlarm } from '../../local/cloudwatch/alarm.ts';
import { type CloudWatch, startCloudWatch } from '../../local/cloudwatch/cloudwatch.ts';
import { LogTail } from '../../local/cloudwatch/log-tail.ts';
import { startLogsApi } from '../../local/cloudwatch/logs-api.ts';
import type { RunningService } from '../../local/aws/json-server.ts';
import { Guard } from '../../local/iam/guard.ts';
import { nothingDesired } from '../../local/template/desired.ts';
import { CREDENTIALS } from './services.ts';

const NOON = 1_795_334_400_000;
const HOUR = 60 * 60_000;
const guard = new Guard(() => undefined);
const FAILURES: MetricAlarm = {
  name: 'hookgate-local-failures-inkress',
  arn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:hookgate-local-failures-inkress',
  description: 'Runbook: docs/runbook/failures.md',
  metrics: {
    only: {
      series: { namespace: 'Hookgate/local', name: 'Failed', dimensions: {} },
      statistic: 'Sum',
      periodMs: 60_000,
    },
  },
  expression: 'only',
  periodMs: 60_000,
  threshold: 10,
  comparison: 'GreaterThanThreshold',
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  treatMissingData: 'notBreaching',
  actions: [],
  insufficientDataActions: [],
};

let folder: string;
let running: CloudWatch;
let client: CloudWatchClient;

async function start(): Promise<void> {
  const compositeAlarms = [
    { name: 'hookgate-local-unhealthy', arn: 'arn:x', description: '', rule: `ALARM("${FAILURES.name}")`, actions: [] },
  ];
  running = await startCloudWatch({
    desired: { ...nothingDesired(), metricAlarms: [FAILURES], compositeAlarms },
    region: 'us-east-1',
    guard,
    logs: folder,
    path: join(folder, 'metrics.json'),
    now: () => NOON,
    readQueues: () => Promise.resolve([]),
    onChange: () => undefined,
  });
  client = new CloudWatchClient({ endpoint: running.url, maxAttempts: 1, ...CREDENTIALS });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hookgate-metrics-'));
  await start();
});

afterEach(async () => {
  client.destroy();
  await running.close();
  rmSync(folder, { recursive: true });
});

/** As Powertools writes it. */
function line(time: number, metrics: Readonly<Record<string, number | number[]>>): string {
  const Metrics = Object.keys(metrics).map((Name) => ({ Name, Unit: 'Count' }));
  const CloudWatchMetrics = [{ Namespace: 'Hookgate/local', Dimensions: [['Source']], Metrics }];
  return `${JSON.stringify({ _aws: { Timestamp: time, CloudWatchMetrics }, Source: 'inkress', ...metrics })}\n`;
}

async function read(MetricName: string, Stat: string, Period = 3600, hours = 1): Promise<unknown[]> {
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(NOON - hours * HOUR),
      EndTime: new Date(NOON),
      MetricDataQueries: [
        {
          Id: 'one',
          MetricStat: {
            Metric: { Namespace: 'Hookgate/local', MetricName, Dimensions: [{ Name: 'Source', Value: 'inkress' }] },
            Period,
            Stat,
          },
        },
      ],
    }),
  );
  return MetricDataResults[0]?.Values ?? [];
}

test.each([
  ['Sum', 5050],
  ['SampleCount', 100],
  ['Average', 50.5],
  ['Minimum', 1],
  ['Maximum', 100],
  ['p95', 95],
  ['p50', 50],
])('%s of the numbers from 1 to 100 is %d', async (stat, value) => {
  const values = Array.from({ length: 100 }, (_, i) => i + 1);
  appendFileSync(join(folder, 'a.log'), line(NOON - HOUR, { ProcessingMs: values.slice(0, 60) }));
  appendFileSync(join(folder, 'b.log'), line(NOON - 60_000, { ProcessingMs: values.slice(60) }));

  expect(await read('ProcessingMs', stat)).toEqual([value]);
});

test('a period without data has no value, and the newest comes first', async () => {
  appendFileSync(join(folder, 'a.log'), line(NOON - 3 * HOUR, { Failed: 1 }) + line(NOON - HOUR, { Failed: 2 }));
  expect(await read('Failed', 'Sum', 3600, 3)).toEqual([2, 1]);
  expect(await read('Parked', 'Sum', 3600, 3)).toEqual([]);
});

test('lines that are no metrics, half a line, and an emptied file are no obstacle', async () => {
  const file = join(folder, 'a.log');
  const half = line(NOON - 1, { Failed: 1 });
  appendFileSync(file, `{"level":"INFO"}\nnot JSON\n{"_aws":broken\n${half.slice(0, 20)}`);
  expect(await read('Failed', 'Sum')).toEqual([]);
  appendFileSync(file, half.slice(20));
  expect(await read('Failed', 'Sum')).toEqual([1]);
  truncateSync(file);
  await read('Failed', 'Sum');
  appendFileSync(file, line(NOON - 1, { Failed: 5 }));
  expect(await read('Failed', 'Sum')).toEqual([6]);
});

test('what was measured survives a restart, and nothing counts twice', async () => {
  const file = join(folder, 'a.log');
  appendFileSync(file, line(NOON - 1, { Failed: 3 }));
  await running.close();
  appendFileSync(file, line(NOON - 1, { Failed: 4 }));
  await start();
  expect(await read('Failed', 'Sum')).toEqual([7]);
});

test('alarms are listed with what they say, and one can be made to ring', async () => {
  const all = await client.send(new DescribeAlarmsCommand({ AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }));
  expect(all.MetricAlarms).toMatchObject([
    {
      AlarmName: FAILURES.name,
      StateValue: 'INSUFFICIENT_DATA',
      AlarmDescription: 'Runbook: docs/runbook/failures.md',
    },
  ]);
  expect(all.CompositeAlarms).toMatchObject([{ AlarmName: 'hookgate-local-unhealthy' }]);

  await client.send(
    new SetAlarmStateCommand({ AlarmName: FAILURES.name, StateValue: 'ALARM', StateReason: 'tried by a test' }),
  );
  const { MetricAlarms, CompositeAlarms } = await client.send(
    new DescribeAlarmsCommand({ StateValue: 'ALARM', AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
  );
  expect(MetricAlarms).toMatchObject([{ AlarmName: FAILURES.name, StateReason: 'tried by a test' }]);
  expect(MetricAlarms?.[0]?.StateTransitionedTimestamp).toEqual(new Date(NOON));
  expect(CompositeAlarms).toMatchObject([{ AlarmName: 'hookgate-local-unhealthy' }]);
});

test('an alarm that is not there is refused as by AWS', async () => {
  const set = new SetAlarmStateCommand({ AlarmName: 'none', StateValue: 'ALARM', StateReason: '' });
  await expect(client.send(set)).rejects.toMatchObject({ name: 'ResourceNotFound' });
});

describe('CloudWatch Logs', () => {
  let logs: RunningService;
  let logsClient: CloudWatchLogsClient;
  beforeEach(async () => {
    const streams = [{ group: 'refusals', name: 'refused' }];
    const arnPrefix = 'arn:aws:logs:us-east-1:000000000000:log-group:';
    const pathOf = (name: string) => join(folder, `${name}.log`);
    const writers = [{ label: 'verifier', logGroup: '/hookgate/local/verifier' }];
    logs = await startLogsApi({ streams, writers, arnPrefix, guard, pathOf, onWritten: () => undefined });
    logsClient = new CloudWatchLogsClient({ endpoint: logs.url, maxAttempts: 1, ...CREDENTIALS });
  });
  afterEach(() => logs.close());

  test('events that are put to a stream of the template are lines of its file', async () => {
    const logEvents = [
      { timestamp: NOON, message: '{"reason":"a"}' },
      { timestamp: NOON, message: '{"reason":"b"}' },
    ];
    await logsClient.send(new PutLogEventsCommand({ logGroupName: 'refusals', logStreamName: 'refused', logEvents }));
    expect(readFileSync(join(folder, 'refused.log'), 'utf8')).toBe('{"reason":"a"}\n{"reason":"b"}\n');
  });

  test('the lines of a group are found by a field, in their order, page by page', async () => {
    const written = (key: string, minute: number) =>
      `${JSON.stringify({ message: 'accepted', timestamp: new Date(NOON + minute * 60_000).toISOString(), key })}\n`;
    const lines = [written('inkress#b', 2), written('inkress#a', 3), 'no JSON, inkress#a\n', written('inkress#a', 9)];
    writeFileSync(join(folder, 'verifier.log'), lines.join(''));
    // What was put aside when the file had grown too large is older.
    writeFileSync(join(folder, 'verifier.log.1'), written('inkress#a', 1));
    const ask = (filterPattern: string, more: object = {}) =>
      logsClient.send(
        new FilterLogEventsCommand({
          logGroupName: '/hookgate/local/verifier',
          filterPattern,
          startTime: NOON,
          endTime: NOON + 5 * 60_000,
          ...more,
        }),
      );

    const first = await ask('{ $.key = "inkress#a" }', { limit: 1 });
    expect(first.events).toMatchObject([{ timestamp: NOON + 60_000 }]);
    const second = await ask('{ $.key = "inkress#a" }', { limit: 1, nextToken: first.nextToken });
    expect(second.events).toMatchObject([{ timestamp: NOON + 3 * 60_000 }]);
    expect(second.nextToken).toBeUndefined();

    expect((await ask('{ $.key = "ink*#*" }')).events).toHaveLength(3);
    expect((await ask('{ $.key = "inkress.a" }')).events).toEqual([]);
    await expect(ask('inkress')).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(ask('{ $.key = "a" }', { logGroupName: 'other' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('a stream that is not in the template is refused', async () => {
    const put = new PutLogEventsCommand({ logGroupName: 'refusals', logStreamName: 'other', logEvents: [] });
    await expect(logsClient.send(put)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

test('a tail hands over each line once, also lines longer than what is read at once', () => {
  const file = join(folder, 'long.log');
  const long = 'x'.repeat(1024 * 1024);
  writeFileSync(file, `${long}\nshort\n`);
  const lines: string[] = [];
  const tail = new LogTail();
  tail.read(file, (text) => lines.push(text));
  tail.read(file, (text) => lines.push(text));
  expect(lines).toEqual([long, 'short']);
});
