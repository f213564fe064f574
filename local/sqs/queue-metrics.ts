import type { Queue, QueuedMessage, QueueStore } from './fauxqs.ts';

/** What SQS publishes of one queue, as far as alarms look at it. */
export interface QueueMetrics {
  readonly name: string;
  readonly visible: number;
  readonly inFlight: number;
  /** Of the oldest message that is there, in seconds; 0 when there is none. */
  readonly oldestSeconds: number;
}

/** A message that was received this often counts as poison, and is left out of the age while there are others. */
const POISON_RECEIVES = 3;

/**
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 *
 * @param now milliseconds since the epoch
 */
export function queueMetrics(store: QueueStore, now: number): readonly QueueMetrics[] {
  return [...store.allQueues()].map((queue) => {
    const visible = [...queue.messages, ...[...queue.fifoMessages.values()].flat()];
    return {
      name: queue.name,
      visible: visible.length,
      inFlight: queue.inflightMessages.size,
      oldestSeconds: oldestSeconds(queue, visible, now),
    };
  });
}

function oldestSeconds(queue: Queue, visible: readonly QueuedMessage[], now: number): number {
  const all = [...visible, ...[...queue.inflightMessages.values()].map(({ message }) => message)];
  const sound = all.filter(({ approximateReceiveCount }) => approximateReceiveCount < POISON_RECEIVES);
  const counted = sound.length > 0 ? sound : all;
  const oldest = counted.reduce((least, { sentTimestamp }) => Math.min(least, sentTimestamp), now);
  return Math.floor((now - oldest) / 1000);
}
