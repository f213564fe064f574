import type { OneByOneProcessor } from './attempt.ts';
import type { Taken } from './batch-response.ts';
import { consume, type ConsumePorts, type Outcome, type QueuedMessage } from './consume.ts';

export interface InOrderPorts extends ConsumePorts {
  readonly report: (outcome: Outcome) => void;
  /** Told of what should not have happened to a message, which then returns to its queue. */
  readonly failed: (queued: QueuedMessage, error: unknown) => void;
  /** Makes a message visible again after so many seconds. It does not reject: the queue's own time holds then. */
  readonly returnAfter: (queued: QueuedMessage, delaySeconds: number) => Promise<void>;
}

/**
 * Takes the messages of one group one after the other, as they lie in the queue. At the first that is to come back, the
 * group stops: the rest goes back untried for the same time, and SQS hands over nothing of the group while one of its
 * messages is hidden. What is parked, or is on its way to the next queue, stops nobody.
 *
 * A message is begun only while a handler's whole time is left, so that no event is cut short for standing last.
 *
 * @returns what became of each, in their order
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export async function takeInOrder<Payload>(
  processor: OneByOneProcessor<Payload>,
  group: readonly QueuedMessage[],
  handlerMs: number,
  ports: InOrderPorts,
): Promise<Taken[]> {
  const taken: Taken[] = [];
  const returning: (readonly [QueuedMessage, number])[] = [];
  /** How long the group waits, once it has stopped; `unknown`: until the queue's own time is over. */
  let stopped: number | 'unknown' | undefined;
  for (const queued of group) {
    const now = ports.clock.now();
    if (stopped === undefined && taken.length > 0 && queued.deadline - now < handlerMs) stopped = 0;
    if (stopped !== undefined) {
      taken.push('returned');
      if (stopped !== 'unknown') returning.push([queued, stopped]);
      continue;
    }
    try {
      const outcome = await consume(
        processor,
        { ...queued, deadline: Math.min(queued.deadline, now + handlerMs) },
        ports,
      );
      ports.report(outcome);
      taken.push('delaySeconds' in outcome ? 'returned' : 'taken');
      if ('delaySeconds' in outcome) returning.push([queued, outcome.delaySeconds]);
      if (comesBack(outcome)) stopped = outcome.delaySeconds;
    } catch (error) {
      ports.failed(queued, error);
      taken.push('returned');
      stopped = 'unknown';
    }
  }
  await Promise.all(returning.map(([queued, delaySeconds]) => ports.returnAfter(queued, delaySeconds)));
  return taken;
}

/** Whether the event is to run later; then those behind it may not run now. */
function comesBack(outcome: Outcome): outcome is Extract<Outcome, { outcome: 'failed' | 'deferred' }> {
  return outcome.outcome === 'failed' || outcome.outcome === 'deferred';
}

/** Messages by their group, each group and the groups among themselves as they came. */
export function groupsOf<T>(messages: readonly T[], groupOf: (message: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const message of messages) {
    const group = groups.get(groupOf(message));
    if (group) group.push(message);
    else groups.set(groupOf(message), [message]);
  }
  return [...groups.values()];
}
