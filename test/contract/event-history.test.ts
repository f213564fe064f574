import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { eventHistory } from '../../lambdas/adapters/event-history.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import { type Json, type RunningService, serveJson } from '../../local/aws/json-server.ts';
import { ManualClock } from '../support/manual-clock.ts';

const NOON = Date.parse('2026-11-22T12:00:00.000Z');
const RECORD: EventRecord = {
  v: 1,
  pk: 'inkress#evt 1"*',
  status: 'DONE',
  source: 'inkress',
  type: 'payment.success',
  route: 'payment-success',
  bodySha256: '',
  bodyBytes: 0,
  receivedAt: NOON,
  epoch: 0,
  attempt: 1,
  expiresAt: 1,
};

let logs: RunningService;
let client: CloudWatchLogsClient;
let asked: Json[];
/** What CloudWatch answers to a request. */
let answer: (input: Json) => Json;
let clock: ManualClock;

beforeEach(async () => {
  asked = [];
  clock = new ManualClock(NOON + 60_000);
  const filter = (input: Json): Json => {
    asked.push(input);
    return answer(input);
  };
  logs = await serveJson({
    contentType: 'application/x-amz-json-1.1',
    errorPrefix: '',
    actions: new Map([['FilterLogEvents', filter]]),
  });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new CloudWatchLogsClient({ endpoint: logs.url, region: 'us-east-1', credentials, maxAttempts: 1 });
});

afterEach(async () => {
  client.destroy();
  await logs.close();
});

const read = () => eventHistory(client, 'prod', clock).read(RECORD);
const line = (key: string, message: string) => ({ timestamp: NOON, message: JSON.stringify({ key, message }) });

test('verifier, processor and admin API are asked, from before the receipt, with a pattern that holds the key', async () => {
  answer = () => ({ events: [] });

  expect(await read()).toEqual({ lines: [], complete: true });
  expect(asked.map(({ logGroupName }) => logGroupName).sort()).toEqual([
    '/hookgate/prod/admin',
    '/hookgate/prod/inkress/payment-success',
    '/hookgate/prod/verifier',
  ]);
  expect(asked[0]).toMatchObject({
    // What the pattern's language would read as its own is any text.
    filterPattern: '{ $.key = "inkress#evt*1*" }',
    startTime: NOON - 60_000,
    endTime: NOON + 120_000,
  });
});

test('empty pages are read on, and lines of other keys that the pattern lets through are left out', async () => {
  answer = ({ logGroupName, nextToken }) => {
    if (logGroupName !== '/hookgate/prod/verifier') return { events: [] };
    if (nextToken === undefined) return { events: [], nextToken: 'more' };
    return {
      events: [
        line(RECORD.pk, 'accepted'),
        line('inkress#evt 1 other', 'accepted'),
        { timestamp: NOON, message: 'START' },
      ],
    };
  };

  expect(await read()).toMatchObject({
    lines: [{ writer: 'verifier', at: NOON, fields: { message: 'accepted' } }],
    complete: true,
  });
});

test('a log that never ends is given up, and what was found by then is shown', async () => {
  answer = () => ({ events: [line(RECORD.pk, 'skipped')], nextToken: 'more' });
  const { lines, complete } = await read();
  expect([lines.length, complete]).toEqual([90, false]);
});

test('nobody waits longer than the admin function may take', async () => {
  answer = () => {
    clock.advance(5_000);
    return { events: [], nextToken: 'more' };
  };
  expect((await read()).complete).toBe(false);
  expect(asked.length).toBeLessThan(9);
});
