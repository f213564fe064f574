import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** SQS's own limit, since the receive. */
const LONGEST_SECONDS = 43_200;
/** SQS's limit for one request. */
const MOST_ENTRIES = 10;

interface Waiting {
  readonly receiptHandle: string;
  readonly seconds: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Sends received messages back to their queues, each for its own time. Messages that end together, as a batch does while
 * the breaker is open, go in one request; nobody waits for a slower one. The answer is read entry by entry, because SQS
 * answers 200 also when it refused some (`Failed[]`):
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html
 *
 * Lambda does not touch the visibility of a record that it reports as failed, so what is set here holds
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
 */
export function returnMessages(client: SQSClient) {
  const waiting = new Map<string, Waiting[]>();

  async function send(queueUrl: string, entries: readonly Waiting[]): Promise<void> {
    try {
      const { Failed = [] } = await client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: queueUrl,
          Entries: entries.map(({ receiptHandle, seconds }, at) => ({
            Id: String(at),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: Math.min(LONGEST_SECONDS, Math.max(0, Math.ceil(seconds))),
          })),
        }),
      );
      const refusals = new Map(Failed.map(({ Id, Code, Message }) => [Id, `${Code ?? 'refused'}: ${Message ?? ''}`]));
      for (const [at, { resolve, reject }] of entries.entries()) {
        const refusal = refusals.get(String(at));
        if (refusal === undefined) resolve();
        else reject(new Error(`The visibility of a message could not be changed: ${refusal}`));
      }
    } catch (error) {
      for (const { reject } of entries) reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  return (queueUrl: string, receiptHandle: string, seconds: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const entry = { receiptHandle, seconds, resolve, reject };
      const others = waiting.get(queueUrl);
      if (others) {
        others.push(entry);
        return;
      }
      const entries = [entry];
      waiting.set(queueUrl, entries);
      setImmediate(() => {
        waiting.delete(queueUrl);
        for (let at = 0; at < entries.length; at += MOST_ENTRIES)
          void send(queueUrl, entries.slice(at, at + MOST_ENTRIES));
      });
    });
}
