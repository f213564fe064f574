import type { Persistence, Queue, QueueStore } from './fauxqs.ts';
import { lockGroups } from './fifo.ts';

/**
 * Drops messages that are older than their queue keeps them. fauxqs keeps them for ever. A message in a dead-letter
 * queue is as old as when it was first sent:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
 */
export function dropExpired(store: QueueStore, persistence: Persistence, now: number): number {
  let dropped = 0;
  for (const queue of store.allQueues()) {
    const oldest = now - Number(queue.attributes['MessageRetentionPeriod'] ?? 345_600) * 1000;
    const expired = takeOlder(queue, oldest);
    if (expired.length > 0) persistence.transaction(() => expired.forEach((id) => persistence.deleteMessage(id)));
    dropped += expired.length;
  }
  return dropped;
}

function takeOlder(queue: Queue, oldest: number): string[] {
  const expired: string[] = [];
  const keep = (message: { sentTimestamp: number; messageId: string }) => {
    if (message.sentTimestamp >= oldest) return true;
    expired.push(message.messageId);
    return false;
  };
  if (queue.messages.some(({ sentTimestamp }) => sentTimestamp < oldest)) queue.messages = queue.messages.filter(keep);
  queue.delayedMessages = queue.delayedMessages.filter(keep);
  for (const [group, messages] of queue.fifoMessages) queue.fifoMessages.set(group, messages.filter(keep));
  for (const [handle, { message }] of queue.inflightMessages) {
    if (!keep(message)) queue.inflightMessages.delete(handle);
  }
  if (queue.isFifo()) lockGroups(queue);
  return expired;
}
