import { setTimeout as sleep } from 'node:timers/promises';
import type { HostFile } from '../../local/data-folder.ts';
import { type JsonClient, jsonClient } from '../../local/aws/json-client.ts';

const LOOK_EVERY_MS = 500;

/** Visible and in flight, of all queues but the parked ones, where nothing moves. */
export async function messagesIn(sqs: JsonClient): Promise<number> {
  const { QueueUrls } = await sqs.call('ListQueues', {});
  let messages = 0;
  for (const QueueUrl of QueueUrls as string[]) {
    if (QueueUrl.endsWith('-parked')) continue;
    const { Attributes } = await sqs.call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
    const attributes = Attributes as Record<string, string>;
    for (const name of ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'])
      messages += Number(attributes[name] ?? 0);
  }
  return messages;
}

/**
 * Looks twice a second at how much the processors are behind. A gateway lets its acknowledgements go first, so senders
 * that fill the machine leave nothing at work that could be killed: they hold on while `isLong` says so.
 */
export function watchBacklog(host: () => HostFile, most: number) {
  let waiting = 0;
  let watching = true;
  async function look(): Promise<void> {
    while (watching) {
      await sleep(LOOK_EVERY_MS);
      let sqs: JsonClient | undefined;
      try {
        sqs = jsonClient(host().endpoints.sqs, 'AmazonSQS');
        waiting = await messagesIn(sqs);
      } catch {
        // It was killed a moment ago, and what is known stays until it is there again.
      } finally {
        sqs?.close();
      }
    }
  }
  const looked = look();
  return {
    isLong: () => waiting > most,
    end: async () => {
      watching = false;
      await looked;
    },
  };
}
