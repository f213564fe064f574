import type { OneByOneProcessor } from './attempt.ts';
import { consume, type ConsumePorts, type Outcome, type QueuedMessage } from './consume.ts';
import { followsAnother } from './place.ts';
import type { Verdict } from './supervise.ts';

export interface InOrderPorts<Queued extends QueuedMessage> extends ConsumePorts {
  readonly report: (queued: Queued, outcome: Outcome) => void;
  /** Told of what should not have happened to a message, which then returns to its queue by its own time. */
  readonly failed: (queued: Queued, error: unknown) => void;
  /** Makes a message visible again after so many seconds. */
  readonly returnAfter: (queued: Queued, delaySeconds: number) => Promise<void>;
  /** Told once of each message, as soon as it has ended. */
  readonly settle: (queued: Queued, verdict: Verdict) => void;
}

/**
 * Takes the messages of one group one after the other, as they lie in the queue. At the first that is to come back, the
 * group stops: the rest goes back untried for the same time, and SQS hands over nothing of the group while one of its
 * messages is hidden. What is parked, or is on its way to the next queue, stops nobody.
 *
 * A message after the first is begun only while a handler's whole time is left, so that no event is cut short for
 * standing last.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export async function takeInOrder<Payload, Queued extends QueuedMessage>(
  processor: OneByOneProcessor<Payload>,
  group: readonly Queued[],
  handlerMs: number,
  ports: InOrderPorts<Queued>,
): Promise<void> {
  const { clock, report, failed, returnAfter, settle } = ports;
  const giveBack = async (queued: Queued, delaySeconds: number) => {
    await returnAfter(queued, delaySeconds).catch((error: unknown) => failed(queued, error));
    settle(queued, 'returned');
  };
  const [first, ...behind] = group;
  // Whoever ended the thread before may end this one too, and then nobody could give back what stands behind.
  const alone = first && followsAnother(first.place) && behind.length > 0;
  if (alone) await Promise.all(behind.map((message) => giveBack(message, 0)));
  const messages = alone ? [first] : group;
  for (const [at, queued] of messages.entries()) {
    const now = clock.now();
    const rest = messages.slice(at + 1);
    if (at > 0 && queued.deadline - now < handlerMs) {
      await Promise.all([queued, ...rest].map((message) => giveBack(message, 0)));
      return;
    }
    let outcome: Outcome;
    try {
      outcome = await consume(processor, { ...queued, deadline: Math.min(queued.deadline, now + handlerMs) }, ports);
    } catch (error) {
      // Nobody knows how it stands with this one: the rest stays hidden behind it.
      failed(queued, error);
      for (const message of [queued, ...rest]) settle(message, 'returned');
      return;
    }
    report(queued, outcome);
    if (outcome.outcome === 'apart') {
      // The rest is done with it, in a thread of this group's own.
      for (const message of [queued, ...rest]) settle(message, outcome.verdict);
      return;
    }
    if (outcome.outcome === 'failed' || outcome.outcome === 'deferred') {
      const { delaySeconds } = outcome;
      await Promise.all([queued, ...rest].map((message) => giveBack(message, delaySeconds)));
      return;
    }
    if ('delaySeconds' in outcome) await giveBack(queued, outcome.delaySeconds);
    else settle(queued, 'taken');
  }
}

/** A message as Lambda hands it over: what is asked of it here. */
interface Handed {
  readonly messageId: string;
  readonly eventSourceARN: string;
  readonly attributes: { readonly MessageGroupId?: string | undefined };
}

/** What has to be taken one after the other: a group of an ordered route's queue, else each message by itself. */
export function unitOf({ messageId, eventSourceARN, attributes }: Handed): string {
  return isOrdered(eventSourceARN) ? (attributes.MessageGroupId ?? messageId) : messageId;
}

/** Whether a queue is an ordered route's, by its ARN or name. */
export function isOrdered(queue: string): boolean {
  return queue.endsWith('.fifo');
}
