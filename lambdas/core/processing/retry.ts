import type { Random } from '../ports.ts';
import type { RetryOptions, RouteOptions, Seconds } from '../processor.ts';

/** The queues whose messages the processor takes: a dead letter is tried again. */
export type Hop = 'main' | 'dead';

/** SQS moves a message on after so many receives. On the main queue half of them are for waiting. */
export const MOST_RECEIVES: Readonly<Record<Hop, number>> = { main: 10, dead: 5 };

/** How long a queue keeps an event that is not taken, from when it was first sent. */
export const RETENTION_DAYS: Readonly<Record<Hop, number>> = { main: 4, dead: 10 };

/** When it does not end well now, SQS moves it on. */
export function isLastReceive(hop: Hop, receives: number, ordered = false): boolean {
  return receives >= mostReceives(hop, ordered);
}

/** The most that Lambda takes of a FIFO queue: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
export const BATCH_SIZE = 10;

/**
 * An ordered queue hands over up to ten of a group at once, and those behind one that fails go back with it untried: each
 * of the ten can cost the others as many receives as itself.
 */
export function mostReceives(hop: Hop, ordered: boolean): number {
  return ordered && hop === 'main' ? BATCH_SIZE * MOST_RECEIVES.main : MOST_RECEIVES[hop];
}

/** Tries on the main queue, and again on the dead-letter queue, before the event moves on; a route may want fewer. */
export const TRIES_PER_HOP = 5;

/** A dead letter comes back every five minutes: its queue's own visibility timeout, unless a longer one is needed. */
export const DEAD_LETTER_WAIT_SECONDS = 5 * 60;

/** Batches of dead letters at once, however many the route runs of its main queue: they failed five times already. */
export const DEAD_LETTER_CONCURRENCY = 2;

/** Half an hour below the 12 hours for which SQS hides a message, counted from its receive. */
export const LONGEST_HIDDEN_SECONDS = 41_400;

/** A processor's `retry` with every default decided. */
export type RetryPolicy = Required<RetryOptions>;

export function retryPolicy({
  tries = TRIES_PER_HOP,
  firstWait = 30,
  longestWait,
  deadLetters = true,
}: RetryOptions = {}): RetryPolicy {
  return { tries, firstWait, longestWait: longestWait ?? Math.max(firstWait, 15 * 60), deadLetters };
}

/** The policy of a processor: what an ordered one says of dead letters does not count. */
export function policyOf({ retry, ordered }: Pick<RouteOptions<never>, 'retry' | 'ordered'>): RetryPolicy {
  const policy = retryPolicy(retry);
  return ordered === undefined ? policy : { ...policy, deadLetters: false };
}

/** What can't be in a processor's `retry`: a clause each, with the mend. */
export function retryProblems(retry: RetryOptions): string[] {
  const { tries, firstWait, longestWait } = retryPolicy(retry);
  const problems: string[] = [];
  if (!isWhole(tries, 1, TRIES_PER_HOP)) {
    problems.push(
      `retry.tries ${tries}: give 1 to ${TRIES_PER_HOP}; the queue's other ${MOST_RECEIVES.main - TRIES_PER_HOP} receives are for waiting while the breaker is open`,
    );
  }
  if (!isWhole(firstWait, 1, LONGEST_HIDDEN_SECONDS)) {
    problems.push(`retry.firstWait ${firstWait}: give whole seconds from 1 to ${LONGEST_HIDDEN_SECONDS}`);
  }
  if (!isWhole(longestWait, 1, LONGEST_HIDDEN_SECONDS)) {
    problems.push(
      `retry.longestWait ${longestWait}: give whole seconds from 1 to ${LONGEST_HIDDEN_SECONDS}, SQS hides no message longer`,
    );
  }
  if (problems.length === 0 && longestWait < firstWait) {
    problems.push(`retry.longestWait ${longestWait}, less than retry.firstWait ${firstWait}: exchange them`);
  }
  return problems;
}

export function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/**
 * Seconds until the next try: 30 doubling to 900 where the route says nothing else, of which the upper half is drawn at
 * random, so that events which failed together don't come back together.
 *
 * @param tries how often it was tried, 1 after the first
 */
export function backoffSeconds(policy: RetryPolicy, tries: number, random: Random): Seconds {
  const full = Math.min(policy.longestWait, policy.firstWait * 2 ** (tries - 1));
  return Math.ceil(full * (0.5 + random() / 2));
}

/** An event that waits by somebody's word is back this long before its queue would drop it. */
const RETENTION_MARGIN_MS = 60 * 60_000;
/** Of events that were told the same time, so that they don't come back in one moment. */
const SPREAD = 0.1;

/**
 * Seconds until a time that the handler, or what it calls, has named: never before it, unless SQS can't hide a message
 * that long, or its queue would drop it by then.
 *
 * @param sentAt when the message was first sent, from which its queue counts
 */
export function waitUntilSeconds(
  at: number,
  { hop, sentAt, now, random }: { hop: Hop; sentAt: number; now: number; random: Random },
): Seconds {
  const wanted = (at - now) * (1 + SPREAD * random());
  const keptUntil = sentAt + RETENTION_DAYS[hop] * 24 * 60 * 60_000 - RETENTION_MARGIN_MS;
  const most = Math.min(LONGEST_HIDDEN_SECONDS * 1000, Math.max(0, keptUntil - now));
  return Math.ceil(Math.round(Math.max(0, Math.min(wanted, most))) / 1000);
}
