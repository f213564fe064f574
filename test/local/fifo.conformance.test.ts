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
  const QueueName = `queue-${queues}.fifo`;
  const fifo = { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
  const answer = await sqs.send(new sdk.CreateQueueCommand({ QueueName, Attributes: { ...fifo, ...Attributes } }));
  return answer.QueueUrl ?? '';
}

async function send(QueueUrl: string, MessageGroupId: string, MessageBody: string, id = MessageBody): Promise<void> {
  await sqs.send(new sdk.SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId: id }));
}

async function receive(QueueUrl: string, MaxNumberOfMessages = 10): Promise<sdk.Message[]> {
  const input = { QueueUrl, MessageSystemAttributeNames: ['All' as const], MaxNumberOfMessages };
  return (await sqs.send(new sdk.ReceiveMessageCommand(input))).Messages ?? [];
}

const bodies = (messages: readonly sdk.Message[]) => messages.map(({ Body }) => Body);
const only = (message: sdk.Message | undefined) => ({ ReceiptHandle: message?.ReceiptHandle });

async function remove(QueueUrl: string, message: sdk.Message | undefined): Promise<void> {
  await sqs.send(new sdk.DeleteMessageCommand({ QueueUrl, ...only(message) }));
}

async function hide(QueueUrl: string, message: sdk.Message | undefined, VisibilityTimeout: number): Promise<void> {
  await sqs.send(new sdk.ChangeMessageVisibilityCommand({ QueueUrl, ...only(message), VisibilityTimeout }));
}

test('one receive hands over several of a group in their order, then those of the next', async () => {
  const url = await queue();
  for (const body of ['a1', 'b1', 'a2', 'a3', 'b2']) await send(url, body.charAt(0), body);
  expect(bodies(await receive(url))).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
});

test('while one of a group is in flight nothing else of it is handed over', async () => {
  const url = await queue();
  for (const body of ['a1', 'a2', 'b1']) await send(url, body.charAt(0), body);
  const [first] = await receive(url, 1);
  expect(first?.Body).toBe('a1');
  expect(bodies(await receive(url))).toEqual(['b1']);
  await remove(url, first);
  expect(bodies(await receive(url))).toEqual(['a2']);
});

test('a group waits for the one of it that is hidden longest, and comes back in its order', async () => {
  const url = await queue();
  for (const body of ['a1', 'a2', 'a3']) await send(url, 'a', body);
  const [first, second, third] = await receive(url);
  await hide(url, second, 0);
  await hide(url, third, 0);
  expect(await receive(url)).toEqual([]);
  await hide(url, first, 0);
  expect(bodies(await receive(url))).toEqual(['a1', 'a2', 'a3']);
});

test('what comes back by its own time comes back in its order', async () => {
  const url = await queue({ VisibilityTimeout: '1' });
  for (const body of ['a1', 'a2', 'a3']) await send(url, 'a', body);
  await receive(url);
  const again = await eventually(async () => {
    const messages = await receive(url);
    return messages.length > 0 ? messages : undefined;
  });
  expect(bodies(again)).toEqual(['a1', 'a2', 'a3']);
  expect(again.map(({ Attributes }) => Attributes?.['ApproximateReceiveCount'])).toEqual(['2', '2', '2']);
});

test('what was deleted leaves its place to those behind it, also while one before it is still there', async () => {
  const url = await queue();
  for (const body of ['a1', 'a2', 'a3']) await send(url, 'a', body);
  const [first, second, third] = await receive(url);
  await remove(url, second);
  await hide(url, first, 0);
  await hide(url, third, 0);
  expect(bodies(await receive(url))).toEqual(['a1', 'a3']);
});

test('of two with one deduplication id the second is taken and never delivered', async () => {
  const url = await queue();
  await send(url, 'a', 'first', 'same');
  await send(url, 'a', 'second', 'same');
  expect(bodies(await receive(url))).toEqual(['first']);
});

test.each([
  ['a space', 'a b'],
  ['a letter that is not ASCII', 'ä'],
  ['129 characters', 'x'.repeat(129)],
])('a group or an id with %s is refused', async (_, name) => {
  const url = await queue();
  await expect(send(url, name, 'body', 'id')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  await expect(send(url, 'group', 'body', name)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
});

test('a message without a group is refused', async () => {
  const input = { QueueUrl: await queue(), MessageBody: 'hello', MessageDeduplicationId: 'id' };
  await expect(sqs.send(new sdk.SendMessageCommand(input))).rejects.toMatchObject({ name: 'MissingParameter' });
});

test('the redrive policy moves one of a group on, with a new time, and the group goes on', async () => {
  const dead = await queue();
  const main = await queue({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(dead), maxReceiveCount: 1 }) });
  await send(main, 'a', 'a1');
  const [first] = await receive(main);
  await send(main, 'a', 'a2');
  await hide(main, first, 0);
  expect(bodies(await receive(main))).toEqual(['a2']);
  const [moved] = await receive(dead);
  expect(moved).toMatchObject({
    MessageId: first?.MessageId,
    Body: 'a1',
    Attributes: { MessageGroupId: 'a', MessageDeduplicationId: first?.MessageId, ApproximateReceiveCount: '1' },
  });
  expect(Number(moved?.Attributes?.['SentTimestamp'])).toBeGreaterThanOrEqual(
    Number(first?.Attributes?.['SentTimestamp']),
  );
});

test('a move task brings the dead letters of a group back to its end, in their order', async () => {
  const dead = await queue();
  const main = await queue({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(dead), maxReceiveCount: 1 }) });
  for (const body of ['a1', 'a2', 'a3']) await send(main, 'a', body);
  const [first, second, third] = await receive(main);
  for (const message of [first, second, third]) await hide(main, message, 0);
  expect(await receive(main)).toEqual([]);
  await send(main, 'a', 'a4');
  await sqs.send(new sdk.StartMessageMoveTaskCommand({ SourceArn: arnOf(dead) }));
  await eventually(async () => {
    const { Results } = await sqs.send(new sdk.ListMessageMoveTasksCommand({ SourceArn: arnOf(dead) }));
    return Results?.[0]?.Status === 'COMPLETED' && Results[0].ApproximateNumberOfMessagesMoved === 3;
  });
  expect(bodies(await receive(main))).toEqual(['a4', 'a1', 'a2', 'a3']);
});

test('the attributes of high throughput are kept, and can be set again', async () => {
  const url = await queue();
  const Attributes = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
  await sqs.send(new sdk.SetQueueAttributesCommand({ QueueUrl: url, Attributes }));
  const answer = await sqs.send(new sdk.GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
  expect(answer.Attributes).toMatchObject({ FifoQueue: 'true', ...Attributes });
});

test('after a crash a group is in its order, and what was deferred still holds it', async () => {
  const held = await queue();
  const deferred = await queue();
  for (const body of ['a1', 'a2', 'a3']) {
    await send(held, 'a', body);
    await send(deferred, 'a', body);
  }
  await receive(held, 2);
  const [first] = await receive(deferred, 1);
  await hide(deferred, first, 600);
  const { sqs: endpoint } = await services.restart({ releaseHeldMessages: true });
  sqs = connect(endpoint);
  const now = (url: string) => `${endpoint}${new URL(url).pathname}`;
  expect(bodies(await receive(now(held)))).toEqual(['a1', 'a2', 'a3']);
  expect(await receive(now(deferred))).toEqual([]);
});
