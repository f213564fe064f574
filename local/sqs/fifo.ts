import { AwsError } from '../aws/error.ts';
import type { Json } from '../aws/json-server.ts';
import type { DeadLetterTarget, Queue, QueuedMessage, ReceivedMessage } from './fauxqs.ts';

/** Where fauxqs 2.4.1 differs from SQS in FIFO queues, put right from outside. */

/**
 * A receive takes as many messages of a group as there are, in their order, before it goes on to the next group; fauxqs
 * takes one. And what comes back, by its time or by `ChangeMessageVisibility`, comes to where it was; fauxqs turns
 * several of a group around.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export function repairFifo(queue: Queue): void {
  if (!queue.isFifo()) return;
  const dequeue = queue.dequeue.bind(queue);
  queue.dequeue = (count, visibility, resolve) => {
    const received: ReceivedMessage[] = [];
    const groups = new Set<string>();
    while (received.length < count) {
      const [message] = dequeue(1, visibility, resolve);
      if (!message) break;
      received.push(message);
      const group = groupOf(queue.inflightMessages.get(message.ReceiptHandle)?.message);
      groups.add(group);
      // fauxqs locks it at its first message; it is this receive's until its end.
      queue.fifoLockedGroups.delete(group);
    }
    lockGroups(queue);
    return received;
  };

  const changeVisibility = queue.changeVisibility.bind(queue);
  queue.changeVisibility = (receiptHandle, seconds) => {
    changeVisibility(receiptHandle, seconds);
    if (seconds === 0) sortGroups(queue);
  };

  const processTimers = queue.processTimers.bind(queue);
  queue.processTimers = () => {
    const inFlight = queue.inflightMessages.size;
    processTimers();
    if (queue.inflightMessages.size < inFlight) sortGroups(queue);
  };
  sortGroups(queue);
}

/** A group is locked while a message of it is in flight. */
export function lockGroups(queue: Queue): void {
  queue.fifoLockedGroups.clear();
  for (const { message } of queue.inflightMessages.values()) {
    const group = groupOf(message);
    queue.fifoLockedGroups.set(group, (queue.fifoLockedGroups.get(group) ?? 0) + 1);
  }
}

function sortGroups(queue: Queue): void {
  for (const messages of queue.fifoMessages.values()) {
    messages.sort((a, b) => ((a.sequenceNumber ?? '') < (b.sequenceNumber ?? '') ? -1 : 1));
  }
}

/**
 * A message that comes to a FIFO queue from another one is new there: it stands last in its group, and its time counts
 * from now. Its deduplication id is its own id, so that it takes nobody else's place.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
 */
export function placeLast(message: QueuedMessage, target: DeadLetterTarget, now: number): void {
  message.sequenceNumber = target.nextSequenceNumber();
  message.messageDeduplicationId = message.messageId;
  message.sentTimestamp = now;
}

/** The first message that a move task may take: nothing of a group of which a message is in flight. */
export function takeFifo(queue: Queue): QueuedMessage | undefined {
  for (const [group, messages] of queue.fifoMessages) {
    if (queue.fifoLockedGroups.has(group)) continue;
    const message = messages.shift();
    if (message) return message;
  }
  return undefined;
}

export function waitingIn(queue: Queue): number {
  if (!queue.isFifo()) return queue.messages.length;
  return [...queue.fifoMessages.values()].reduce((sum, messages) => sum + messages.length, 0);
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const FIFO_ID = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

/** What SQS refuses and fauxqs takes: ids of other characters, or longer ones. */
export function checkFifoIds(input: Json): void {
  for (const name of ['MessageGroupId', 'MessageDeduplicationId']) {
    const value = input[name];
    if (typeof value !== 'string' || FIFO_ID.test(value)) continue;
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${value} for parameter ${name} is invalid. Reason: ${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    );
  }
}

function groupOf(message: QueuedMessage | undefined): string {
  return message?.messageGroupId ?? '';
}
