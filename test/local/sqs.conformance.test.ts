import * as sdk from '@aws-sdk/client-sqs';
import { CREDENTIALS, eventually, TestServices } from './services.ts';

const services = new TestServices();
let sqs: sdk.SQSClient;
let queues = 0;

const connect = (endpoint: string) => new sdk.SQSClient({ ...CREDENTIALS, endpoint });
const arnOf = (url: string) => `arn:aws:sqs:us-east-1:000000000000:${url.split('/').pop()}`;

beforeAll(async () => {
  sqs = connect((await services.start()).sqs);
});
afterAll(() => services.end());

async function queue(Attributes: Record<string, string> = {}): Promise<string> {
  queues += 1;
  const answer = await sqs.send(new sdk.CreateQueueCommand({ QueueName: `queue-${queues}`, Attributes }));
  return answer.QueueUrl ?? '';
}

async function send(QueueUrl: string, MessageBody = 'hello'): Promise<string> {
  return (await sqs.send(new sdk.SendMessageCommand({ QueueUrl, MessageBody }))).MessageId ?? '';
}

async function receive(
  QueueUrl: string,
  options: Partial<sdk.ReceiveMessageCommandInput> = {},
): Promise<sdk.Message[]> {
  const input = { QueueUrl, MessageSystemAttributeNames: ['All' as const], MaxNumberOfMessages: 10, ...options };
  return (await sqs.send(new sdk.ReceiveMessageCommand(input))).Messages ?? [];
}

async function chain(): Promise<{ main: string; dead: string; parked: string }> {
  const parked = await queue();
  const policy = (url: string) => JSON.stringify({ deadLetterTargetArn: arnOf(url), maxReceiveCount: 1 });
  const dead = await queue({ RedrivePolicy: policy(parked), VisibilityTimeout: '0' });
  return { main: await queue({ RedrivePolicy: policy(dead), VisibilityTimeout: '0' }), dead, parked };
}

test('a queue is reached by its own URL, which names this machine', async () => {
  expect(new URL(await queue()).hostname).toBe('127.0.0.1');
});

test('a message is received with its attributes and stays away while it is in flight', async () => {
  const url = await queue();
  const id = await send(url);
  const [message] = await receive(url);
  expect(message).toMatchObject({ MessageId: id, Body: 'hello', Attributes: { ApproximateReceiveCount: '1' } });
  expect(await receive(url)).toEqual([]);
});

test('a deleted message is gone', async () => {
  const url = await queue({ VisibilityTimeout: '0' });
  await send(url);
  const [message] = await receive(url, { VisibilityTimeout: 30 });
  await sqs.send(new sdk.DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle }));
  expect(await receive(url)).toEqual([]);
});

test('a message whose visibility is set to 0 is received again, also after a crash', async () => {
  const url = await queue();
  await send(url);
  const [message] = await receive(url);
  await sqs.send(
    new sdk.ChangeMessageVisibilityCommand({
      QueueUrl: url,
      ReceiptHandle: message?.ReceiptHandle,
      VisibilityTimeout: 0,
    }),
  );
  const [again] = await receive(url);
  expect(again?.Attributes?.['ApproximateReceiveCount']).toBe('2');
});

test('the redrive policy moves a message with its id and its time of sending, and its receives begin anew', async () => {
  const { main, dead, parked } = await chain();
  const id = await send(main);
  const [first] = await receive(main);
  expect(await receive(main)).toEqual([]);
  const [moved] = await receive(dead);
  expect(moved).toMatchObject({
    MessageId: id,
    Attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: first?.Attributes?.['SentTimestamp'],
      DeadLetterQueueSourceArn: arnOf(main),
    },
  });
  expect(await receive(dead)).toEqual([]);
  expect((await receive(parked)).map(({ MessageId }) => MessageId)).toEqual([id]);
});

test('a move task brings dead letters back to where they came from, as new messages', async () => {
  const { main, dead } = await chain();
  const id = await send(main);
  const [first] = await receive(main);
  await receive(main);
  await sqs.send(new sdk.StartMessageMoveTaskCommand({ SourceArn: arnOf(dead) }));
  const [back] = await eventually(async () => {
    const messages = await receive(main, { VisibilityTimeout: 30 });
    return messages.length > 0 ? messages : undefined;
  });
  expect(back?.MessageId).not.toBe(id);
  expect(back?.Attributes?.['ApproximateReceiveCount']).toBe('1');
  expect(Number(back?.Attributes?.['SentTimestamp'])).toBeGreaterThanOrEqual(
    Number(first?.Attributes?.['SentTimestamp']),
  );
  const tasks = await sqs.send(new sdk.ListMessageMoveTasksCommand({ SourceArn: arnOf(dead) }));
  expect(tasks.Results?.[0]).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 });
});

test('a move task is refused for a queue that is nobody’s dead-letter queue', async () => {
  const url = await queue();
  await expect(sqs.send(new sdk.StartMessageMoveTaskCommand({ SourceArn: arnOf(url) }))).rejects.toThrow(
    'Source queue must be configured as a Dead Letter Queue.',
  );
});

test('a dead-letter queue knows its sources', async () => {
  const { main, dead } = await chain();
  const answer = await sqs.send(new sdk.ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
  expect(answer.queueUrls).toEqual([main]);
});

test('a queue that does not exist is refused by the name the SDK knows', async () => {
  const [base = ''] = (await queue()).split('/000000000000/');
  await expect(send(`${base}/000000000000/nowhere`)).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
});

test('a long poll ends when a message arrives', async () => {
  const url = await queue();
  const poll = receive(url, { WaitTimeSeconds: 20 });
  await send(url);
  expect(await poll).toHaveLength(1);
});

test('ten messages are sent and deleted as a batch', async () => {
  const url = await queue();
  const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `m${index}`, MessageBody: `${index}` }));
  const sent = await sqs.send(new sdk.SendMessageBatchCommand({ QueueUrl: url, Entries }));
  expect(sent.Successful).toHaveLength(10);
  const received = await receive(url);
  expect(received.map(({ Body }) => Body).sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  const handles = received.map(({ ReceiptHandle }, index) => ({ Id: `m${index}`, ReceiptHandle }));
  const deleted = await sqs.send(new sdk.DeleteMessageBatchCommand({ QueueUrl: url, Entries: handles }));
  expect(deleted.Successful).toHaveLength(10);
});

test('a message larger than 1 MiB is refused', async () => {
  await expect(send(await queue(), 'x'.repeat(1024 * 1024 + 1))).rejects.toMatchObject({
    name: 'InvalidParameterValue',
  });
});

describe('after a crash', () => {
  test('waiting messages, receive counts, dead letters and deferred messages are as they were', async () => {
    const { main, dead } = await chain();
    const waiting = await queue();
    const deferred = await queue();
    const [moved, kept, later] = [
      await send(main, 'moved'),
      await send(waiting, 'kept'),
      await send(deferred, 'later'),
    ];
    await receive(main);
    await receive(main);
    const [message] = await receive(deferred);
    const defer = { QueueUrl: deferred, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 600 };
    await sqs.send(new sdk.ChangeMessageVisibilityCommand(defer));

    const { sqs: endpoint } = await services.restart({ releaseHeldMessages: true });
    sqs = connect(endpoint);
    const now = (url: string) => `${endpoint}${new URL(url).pathname}`;
    expect((await receive(now(dead))).map(({ MessageId }) => MessageId)).toEqual([moved]);
    expect((await receive(now(waiting))).map(({ MessageId }) => MessageId)).toEqual([kept]);
    expect((await receive(now(deferred))).map(({ MessageId }) => MessageId)).not.toContain(later);
  });

  test('what a receiver held is visible at once when nobody else can hold it', async () => {
    const url = await queue();
    const id = await send(url);
    await receive(url);
    const { sqs: endpoint } = await services.restart({ releaseHeldMessages: true });
    sqs = connect(endpoint);
    const [message] = await receive(`${endpoint}${new URL(url).pathname}`);
    expect(message).toMatchObject({ MessageId: id, Attributes: { ApproximateReceiveCount: '2' } });
  });

  test('a message older than its queue keeps it is gone', async () => {
    const url = await queue({ MessageRetentionPeriod: '60' });
    await send(url);
    const { sqs: endpoint } = await services.restart({ clockOffsetMs: 61_000, sweepEveryMs: 20 });
    sqs = connect(endpoint);
    const gone = await eventually(async () => {
      const input = { QueueUrl: `${endpoint}${new URL(url).pathname}`, AttributeNames: ['All' as const] };
      const { Attributes } = await sqs.send(new sdk.GetQueueAttributesCommand(input));
      return Attributes?.['ApproximateNumberOfMessages'] === '0';
    });
    expect(gone).toBe(true);
  });
});
