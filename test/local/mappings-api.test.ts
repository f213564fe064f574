import { InvokeCommand, LambdaClient, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { lambdaMappings } from '../../lambdas/adapters/lambda-mappings.ts';
import type { Json, RunningService } from '../../local/aws/json-server.ts';
import { SqsMapping } from '../../local/events/sqs-mapping.ts';
import { Guard } from '../../local/iam/guard.ts';
import type { Invocable } from '../../local/lambda/invoke-api.ts';
import { startMappingsApi } from '../../local/lambda/mappings-api.ts';
import { credentials } from '../support/provider.ts';
import { until } from '../support/host.ts';

const ID = 'RouteMessages1234';
const ARNS = 'arn:aws:lambda:us-east-1:000000000000:event-source-mapping:';
let api: RunningService;
let client: LambdaClient;
let mapping: SqsMapping;
/** Messages that the queue has, and batches that the function got. */
let waiting: string[];
let batches: string[][];
let finish: () => void;

beforeEach(async () => {
  const messages: string[] = [];
  waiting = messages;
  batches = [];
  finish = () => undefined;
  mapping = new SqsMapping({
    mapping: {
      id: ID,
      queueArn: 'arn:aws:sqs:us-east-1:000000000000:queue',
      function: 'processor',
      batchSize: 1,
      windowSeconds: 0,
      reportsItemFailures: true,
      maximumConcurrency: 2,
      enabled: true,
    },
    queueUrl: 'http://127.0.0.1/queue',
    region: 'us-east-1',
    sqs: { call: (action) => queue(action, messages), close: () => undefined },
    invoke: async (event) => {
      const { Records } = JSON.parse(event) as { Records: { messageId: string }[] };
      batches.push(Records.map(({ messageId }) => messageId));
      await new Promise<void>((resolve) => {
        const before = finish;
        finish = () => {
          before();
          resolve();
        };
      });
      return { ok: true, payload: Buffer.from('null') };
    },
  });
  api = await startMappingsApi(new Map([[ID, mapping]]), new Guard(), ARNS, { get: invocable });
  client = new LambdaClient({ endpoint: api.url, region: 'us-east-1', credentials, maxAttempts: 1 });
});

afterEach(async () => {
  finish();
  await mapping.stop();
  client.destroy();
  await api.close();
});

/** One function, that answers with what it was given. */
function invocable(name: string): ReturnType<Invocable['get']> {
  if (name !== 'echo') throw new Error('no such function');
  return {
    lambda: { arn: 'arn:aws:lambda:us-east-1:000000000000:function:echo' },
    invoke: (event) =>
      Promise.resolve(
        event.includes('fail')
          ? { ok: false, type: 'Error', message: 'as asked' }
          : { ok: true, payload: Buffer.from(event) },
      ),
  };
}

/** Of one test alone: a poll of the one before may still be under way. */
async function queue(action: string, messages: string[]): Promise<Json> {
  if (action !== 'ReceiveMessage') return {};
  await new Promise((resolve) => setTimeout(resolve, 5));
  const id = messages.shift();
  return id === undefined ? {} : { Messages: [{ MessageId: id, ReceiptHandle: id, Body: '', MD5OfBody: '' }] };
}

test('a mapping is read and changed through the SDK as on AWS', async () => {
  const mappings = lambdaMappings(client);
  expect(await mappings.read(ID)).toEqual({ enabled: true, maximumConcurrency: 2 });

  await mappings.update(ID, { enabled: false, maximumConcurrency: 7 });
  expect(await mappings.read(ID)).toEqual({ enabled: false, maximumConcurrency: 7 });
});

test('a mapping that is disabled takes nothing until it is enabled again', async () => {
  const mappings = lambdaMappings(client);
  await mappings.update(ID, { enabled: false, maximumConcurrency: 2 });
  mapping.start();
  waiting.push('first');
  await mappings.read(ID);
  expect(batches).toEqual([]);

  await mappings.update(ID, { enabled: true, maximumConcurrency: 2 });
  await until(
    () => batches.length === 1,
    () => 'the message was not delivered',
  );
  expect(batches).toEqual([['first']]);
});

test('a concurrency that is raised takes effect while batches run', async () => {
  waiting.push('first', 'second', 'third');
  mapping.start();
  await until(
    () => batches.length === 2,
    () => 'two batches did not run at once',
  );
  expect(waiting).toEqual(['third']);

  await lambdaMappings(client).update(ID, { enabled: true, maximumConcurrency: 3 });
  await until(
    () => batches.length === 3,
    () => 'the third batch waited for the others',
  );
});

test.each<[string, object, string]>([
  ['an unknown mapping', { UUID: 'nobody' }, 'ResourceNotFoundException'],
  ['a concurrency below 2', { UUID: ID, ScalingConfig: { MaximumConcurrency: 1 } }, 'InvalidParameterValueException'],
  ['what the host cannot change', { UUID: ID, BatchSize: 5 }, 'InvalidParameterValueException'],
])('%s is refused by name', async (_, input, name) => {
  const command = new UpdateEventSourceMappingCommand(input as { UUID: string });
  await expect(client.send(command)).rejects.toMatchObject({ name });
  expect(mapping.settings).toEqual({ enabled: true, maximumConcurrency: 2 });
});

describe('a function that is invoked', () => {
  const invoke = async (FunctionName: string, Payload: string) => {
    const answer = await client.send(new InvokeCommand({ FunctionName, Payload }));
    return { error: answer.FunctionError, payload: Buffer.from(answer.Payload ?? []).toString() };
  };

  test('gets the event, and its answer comes back', async () => {
    expect(await invoke('echo', '{"a":1}')).toEqual({ error: undefined, payload: '{"a":1}' });
  });

  test('and fails is told apart from one that answers', async () => {
    expect(await invoke('echo', '"fail"')).toEqual({
      error: 'Unhandled',
      payload: '{"errorType":"Error","errorMessage":"as asked"}',
    });
  });

  test('and is not there is refused by name', async () => {
    await expect(invoke('other', '{}')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
