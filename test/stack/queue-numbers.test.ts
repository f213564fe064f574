import { Template } from 'aws-cdk-lib/assertions';
import {
  BATCH_SIZE,
  DEAD_LETTER_CONCURRENCY,
  DEAD_LETTER_WAIT_SECONDS,
  MOST_RECEIVES,
  mostReceives,
  RETENTION_DAYS,
  retryPolicy,
} from '../../lambdas/core/processing/retry.ts';
import { DEFAULT_TIMEOUT, visibilityOf } from '../../lambdas/core/processing/timeout.ts';
import { planOf, stackOf } from './stage.ts';

interface Queue {
  readonly QueueName: string;
  readonly VisibilityTimeout?: number;
  readonly MessageRetentionPeriod: number;
  readonly RedrivePolicy?: { readonly maxReceiveCount: number };
}

interface Mapping {
  readonly BatchSize: number;
  readonly ScalingConfig: { readonly MaximumConcurrency: number };
  readonly EventSourceArn: unknown;
}

let template: Template;

beforeAll(async () => {
  template = Template.fromStack(stackOf(await planOf('prod')));
});

function propertiesOf<T>(type: string): T[] {
  return Object.values(template.findResources(type)).map(({ Properties }) => Properties as T);
}

test('what the consumer reckons with is what the queues do', () => {
  const DAY = 24 * 60 * 60;
  const expected = {
    main: [10, 4 * DAY, 180],
    dead: [5, 10 * DAY, 300],
    parked: [undefined, 14 * DAY, undefined],
  };
  const queues = propertiesOf<Queue>('AWS::SQS::Queue');
  expect(queues.length).toBeGreaterThan(0);
  for (const { QueueName, RedrivePolicy, MessageRetentionPeriod, VisibilityTimeout } of queues) {
    const hop = QueueName.endsWith('-dead') ? 'dead' : QueueName.endsWith('-parked') ? 'parked' : 'main';
    const found = [RedrivePolicy?.maxReceiveCount, MessageRetentionPeriod, VisibilityTimeout];
    expect([QueueName, ...found]).toEqual([QueueName, ...expected[hop]]);
  }
  expect(MOST_RECEIVES).toEqual({ main: 10, dead: 5 });
  expect([mostReceives('main', true), mostReceives('dead', true)]).toEqual([100, 5]);
  expect(RETENTION_DAYS).toEqual({ main: 4, dead: 10 });
  expect([DEFAULT_TIMEOUT, visibilityOf(DEFAULT_TIMEOUT), DEAD_LETTER_WAIT_SECONDS]).toEqual([30, 180, 300]);
});

test('what the consumer is handed at once is what it reckons with', () => {
  const mappings = propertiesOf<Mapping>('AWS::Lambda::EventSourceMapping');
  expect(mappings.length).toBeGreaterThan(0);
  for (const { BatchSize, ScalingConfig } of mappings) {
    expect([BatchSize, ScalingConfig.MaximumConcurrency]).toEqual([10, 2]);
  }
  expect([BATCH_SIZE, DEAD_LETTER_CONCURRENCY]).toEqual([10, 2]);
});

test('an event is tried five times on each queue, 30 s after its first failure and 900 s after its later ones at most', () => {
  const { tries, firstWait, longestWait } = retryPolicy();
  expect([tries, firstWait, longestWait]).toEqual([5, 30, 900]);
});
