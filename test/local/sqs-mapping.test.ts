import { failedIds, toEvent } from '../../local/events/sqs-mapping.ts';

const batch = [{ MessageId: 'a' }, { MessageId: 'b' }];
const said = (answer: string) => ({ ok: true, payload: Buffer.from(answer) }) as const;

test.each([
  ['says nothing', 'null', []],
  ['names no failure', '{"batchItemFailures":[]}', []],
  ['has other members only', '{"ok":true}', []],
  ['names one', '{"batchItemFailures":[{"itemIdentifier":"b"}]}', ['b']],
  ['names one that was not in the batch', '{"batchItemFailures":[{"itemIdentifier":"z"}]}', ['a', 'b']],
  ['names one by an empty id', '{"batchItemFailures":[{"itemIdentifier":""}]}', ['a', 'b']],
  ['names one by null', '{"batchItemFailures":[{"itemIdentifier":null}]}', ['a', 'b']],
  ['misspells the id', '{"batchItemFailures":[{"id":"a"}]}', ['a', 'b']],
  ['gives no list', '{"batchItemFailures":"a"}', ['a', 'b']],
  ['is text', '"done"', ['a', 'b']],
])('an answer that %s: %s stays in the queue', (_, answer, staying) => {
  expect([...failedIds(said(answer), batch, true)]).toEqual(staying);
});

test('a function that failed keeps its whole batch in the queue', () => {
  expect([...failedIds({ ok: false, type: 'Error', message: '' }, batch, true)]).toEqual(['a', 'b']);
});

test('without item failures any answer takes the whole batch', () => {
  expect([...failedIds(said('{"batchItemFailures":[{"itemIdentifier":"b"}]}'), batch, false)]).toEqual([]);
});

test('a function sees a message as Lambda shows it', () => {
  const message = {
    MessageId: 'a',
    ReceiptHandle: 'handle',
    Body: 'hello',
    MD5OfBody: '5d41402abc4b2a76b9719d911017c592',
    Attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1' },
    MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } },
  };
  expect(JSON.parse(toEvent([message], 'arn:aws:sqs:us-east-1:000000000000:q', 'us-east-1'))).toEqual({
    Records: [
      {
        messageId: 'a',
        receiptHandle: 'handle',
        body: 'hello',
        attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1' },
        messageAttributes: {
          kind: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' },
        },
        md5OfBody: '5d41402abc4b2a76b9719d911017c592',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:q',
        awsRegion: 'us-east-1',
      },
    ],
  });
});
