import { resolve } from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { providers } from '../../lambdas/providers/index.ts';
import { config } from '../../lib/config.ts';
import { load } from '../../lib/load.ts';
import { gatewayOf, type Plan } from '../../lib/plan.ts';
import { type Resource, resourcesOf, stackOf } from './stage.ts';

const anywhere = { anywhere: true, reason: 'A test.' } as const;
let plan: Plan;
let template: Template;

async function loaded(routes: readonly string[]) {
  return load({
    config: {
      sources: [{ name: 'skribby', provider: 'skribby', allow: anywhere, routes }],
      stages: { prod: config.stages.prod },
    },
    stages: ['prod'],
    providers: [...providers.keys()],
    processorsDirectory: resolve(import.meta.dirname, 'fixtures', 'processors'),
  });
}

beforeAll(async () => {
  const result = await loaded(['order/in-order', 'order/once', 'odd/one']);
  if ('problems' in result) throw new Error(result.problems.join('\n'));
  [plan] = result.plans as [Plan];
  template = Template.fromStack(stackOf(plan));
});

function queue(name: string): [string, Resource] {
  const found = [...resourcesOf(template, 'AWS::SQS::Queue')].find(([, it]) => it.Properties.QueueName === name);
  if (!found) throw new Error(`There is no queue ${name}.`);
  return found;
}

const arnOf = (name: string) => ({ 'Fn::GetAtt': [queue(name)[0], 'Arn'] });
const sourceArns = (name: string) => ({
  redrivePermission: 'byQueue',
  sourceQueueArns: [{ 'Fn::Join': ['', Match.arrayWith([`:${name}`])] }],
});

const mappingsOf = (route: string) =>
  [...resourcesOf(template, 'AWS::Lambda::EventSourceMapping')].filter(([id]) => id.startsWith(`Routeskribby${route}`));

describe('an ordered route', () => {
  test('has three FIFO queues of high throughput, with no deduplication by content', () => {
    for (const hop of ['', '-dead', '-parked']) {
      expect(queue(`hookgate-prod-skribby-in-order${hop}.fifo`)[1].Properties).toMatchObject({
        FifoQueue: true,
        ContentBasedDeduplication: false,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        SqsManagedSseEnabled: true,
      });
    }
  });

  test('gives a message up after a hundred receives: ten that it is handed over with may each cost it ten', () => {
    const name = 'hookgate-prod-skribby-in-order';
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: `${name}.fifo`,
      RedrivePolicy: { deadLetterTargetArn: arnOf(`${name}-dead.fifo`), maxReceiveCount: 100 },
      RedriveAllowPolicy: { redrivePermission: 'denyAll' },
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: `${name}-dead.fifo`,
      RedrivePolicy: { deadLetterTargetArn: arnOf(`${name}-parked.fifo`), maxReceiveCount: 5 },
      RedriveAllowPolicy: sourceArns(`${name}.fifo`),
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: `${name}-parked.fifo`,
      RedriveAllowPolicy: sourceArns(`${name}-dead.fifo`),
    });
  });

  test('has twice a handler’s time for a batch, and hides it for six times that', () => {
    const [[, processor] = []] = [...resourcesOf(template, 'AWS::Lambda::Function')].filter(([id]) =>
      id.startsWith('Routeskribbyinorder'),
    );
    expect(processor?.Properties.Timeout).toBe(60);
    expect(queue('hookgate-prod-skribby-in-order.fifo')[1].Properties.VisibilityTimeout).toBe(360);
  });

  test('is read in batches of ten without a window, which FIFO queues don’t have, and its dead letters not at all', () => {
    const mappings = mappingsOf('inorder').map(([, { Properties }]) => Properties);
    expect(mappings).toEqual([
      {
        EventSourceArn: arnOf('hookgate-prod-skribby-in-order.fifo'),
        FunctionName: expect.anything() as unknown,
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
        Tags: expect.anything() as unknown,
      },
    ]);
  });

  test('is told to those who send, with what its events are ordered by', () => {
    expect(gatewayOf(plan).sources[0]?.routes).toEqual([
      {
        processor: 'order/in-order',
        name: 'in-order',
        on: 'status_update',
        ordered: '/bot_id',
        retriesDeadLetters: false,
        timeoutSeconds: 60,
      },
      { processor: 'order/once', name: 'once', on: 'once', retriesDeadLetters: false },
      { processor: 'odd/one', name: 'one', on: 'user.created' },
    ]);
  });
});

describe('a route whose dead letters wait for a person', () => {
  test('keeps its standard queues, and reads the main one only', () => {
    const { Properties } = queue('hookgate-prod-skribby-once')[1];
    expect(Properties).toMatchObject({ RedrivePolicy: { maxReceiveCount: 10 }, VisibilityTimeout: 180 });
    expect(Properties).not.toHaveProperty('FifoQueue');
    expect(mappingsOf('once').map(([, it]) => it.Properties.EventSourceArn)).toEqual([
      arnOf('hookgate-prod-skribby-once'),
    ]);
    expect(mappingsOf('one')).toHaveLength(2);
  });

  test('is not given its dead letters by the breaker’s controller either, which knows of no mapping of theirs', () => {
    const [[, controller] = []] = [...resourcesOf(template, 'AWS::Lambda::Function')].filter(([id]) =>
      id.startsWith('Breakers'),
    );
    const variables = JSON.stringify(controller?.Properties.Environment);
    for (const [id] of [...mappingsOf('once'), ...mappingsOf('one'), ...mappingsOf('inorder')]) {
      expect(variables).toContain(id);
    }
    expect(variables.match(/"Ref":"Routeskribby/g)).toHaveLength(4);
  });

  test('rings as parked when its dead-letter queue holds something, and never as dead letters', () => {
    for (const route of ['once', 'in-order']) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', {
        AlarmName: `hookgate-prod-parked-skribby-${route}`,
        Metrics: Match.arrayWith([Match.objectLike({ Expression: 'FILL(dead, 0) + FILL(parked, 0)' })]),
      });
    }
    const names = [...resourcesOf(template, 'AWS::CloudWatch::Alarm').values()].map((it) => it.Properties.AlarmName);
    expect(names.filter((name) => String(name).includes('dead-letters'))).toEqual([
      'hookgate-prod-dead-letters-skribby-one',
    ]);
  });
});

test('an order that can’t be kept is refused', async () => {
  const file = 'lambdas/processors/order/by-path.ts';
  expect(await loaded(['order/by-path'])).toEqual({
    problems: [
      `${file} is ordered by '/a~2', which is no JSON pointer: write it as '/data/order_id'.`,
      `${file} is ordered and has handleBatch, but of a group one event runs at a time: give it a handler, or drop ordered.`,
      `${file} is ordered and has retry.deadLetters: a dead letter would run after those that came after it; drop one of the two.`,
    ],
  });
});
