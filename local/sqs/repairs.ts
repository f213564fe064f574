import type { DeadLetterTarget, Persistence, Queue, QueuedMessage, QueueStore, ResolveQueue } from './fauxqs.ts';
import { placeLast } from './fifo.ts';

/** Where fauxqs 2.4.1 differs from SQS in what Hookgate relies on, put right from outside. */

/**
 * `ChangeMessageVisibility(0)` on disk writes NULL into a column that is NOT NULL, and the message is gone until the
 * next start. Only what ends the receive is cleared here.
 */
export function repairVisibilityZero(persistence: Persistence): void {
  const ready = persistence.db.prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  );
  persistence.updateMessageReady = (messageId) => void ready.run(messageId);
}

/** On disk, the receipt handle of a message that a receiver holds and has not given a time of its own. */
const HELD = 'held:';

/**
 * Gives back what receivers held when the process ended: they are gone with it, and nobody should wait for the rest of
 * their time. A message that was deferred on purpose (`ChangeMessageVisibility`) keeps its time.
 */
export function releaseHeld(store: QueueStore): void {
  for (const queue of store.allQueues()) {
    for (const handle of [...queue.inflightMessages.keys()]) {
      if (handle.startsWith(HELD)) queue.changeVisibility(handle, 0);
    }
  }
}

/** Keeps which queue a dead letter came from, beside fauxqs's own tables. */
export class DeadLetterSources {
  readonly #insert;
  readonly #delete;
  readonly #all;

  constructor(persistence: Persistence) {
    persistence.db.exec(
      'CREATE TABLE IF NOT EXISTS dead_letter_sources (message_id TEXT PRIMARY KEY, source_arn TEXT NOT NULL)',
    );
    this.#insert = persistence.db.prepare('INSERT OR REPLACE INTO dead_letter_sources VALUES (?, ?)');
    this.#delete = persistence.db.prepare('DELETE FROM dead_letter_sources WHERE message_id = ?');
    this.#all = persistence.db.prepare(
      'SELECT message_id, source_arn FROM dead_letter_sources WHERE message_id IN (SELECT message_id FROM sqs_messages)',
    );
  }

  set(messageId: string, arn: string): void {
    this.#insert.run(messageId, arn);
  }

  forget(messageId: string): void {
    this.#delete.run(messageId);
  }

  restore(store: QueueStore): void {
    const sources = new Map(this.#all.all().map((row) => [String(row['message_id']), String(row['source_arn'])]));
    if (sources.size === 0) return;
    for (const queue of store.allQueues()) {
      for (const message of messagesOf(queue)) {
        const arn = sources.get(message.messageId);
        if (arn !== undefined) message.deadLetterSourceArn = arn;
      }
    }
  }
}

/**
 * Makes a receive one transaction on disk, so that a process killed in the middle of a move to the dead-letter queue
 * loses nothing; and lets a moved message begin its life there: SQS counts receives per queue, fauxqs goes on counting,
 * which would send a message through a chain of dead-letter queues without one attempt on the way.
 */
export function repairReceive(queue: Queue, persistence: Persistence, sources: DeadLetterSources): void {
  const dequeue = queue.dequeue.bind(queue);
  queue.dequeue = (count, visibility, resolve) => {
    if (queue.messages.length === 0 && queue.inflightMessages.size === 0 && queue.delayedMessages.length === 0) {
      if (!queue.isFifo()) return [];
    }
    let received: ReturnType<Queue['dequeue']> = [];
    const moving: ResolveQueue = (arn) => {
      const target = resolve(arn);
      return (
        target && {
          enqueue: (message: QueuedMessage) => move(message, queue, target, sources),
          nextSequenceNumber: () => target.nextSequenceNumber(),
        }
      );
    };
    const { updateMessageInflight } = persistence;
    persistence.updateMessageInflight = (id, handle, ...rest) =>
      updateMessageInflight.call(persistence, id, HELD + handle, ...rest);
    try {
      persistence.transaction(() => {
        received = dequeue(count, visibility, moving);
      });
    } finally {
      persistence.updateMessageInflight = updateMessageInflight;
    }
    return received;
  };
}

function move(message: QueuedMessage, from: Queue, target: DeadLetterTarget, sources: DeadLetterSources): void {
  message.approximateReceiveCount = 0;
  message.approximateFirstReceiveTimestamp = undefined;
  message.deadLetterSourceArn = from.arn;
  if (from.isFifo()) placeLast(message, target, Date.now());
  target.enqueue(message);
  sources.set(message.messageId, from.arn);
}

/** A queue's URL names the port of this run; the one on disk names an earlier run's. */
export function repairUrls(store: QueueStore, baseUrl: string): void {
  const queues = [...store.queues.values()];
  store.queues.clear();
  for (const queue of queues) {
    queue.url = `${baseUrl}/${queue.arn.split(':')[4]}/${queue.name}`;
    store.queues.set(queue.url, queue);
  }
}

/** All messages of a queue, whatever their state. */
export function messagesOf(queue: Queue): QueuedMessage[] {
  return [
    ...queue.messages,
    ...queue.delayedMessages,
    ...[...queue.inflightMessages.values()].map(({ message }) => message),
    ...[...queue.fifoMessages.values()].flat(),
  ];
}
