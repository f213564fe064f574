import type { Random } from './ports.ts';

/** The queues whose messages the processor takes: a dead letter is tried again. */
export type Hop = 'main' | 'dead';

/** SQS moves a message on after so many receives. On the main queue half of them are for waiting. */
export const MOST_RECEIVES: Readonly<Record<Hop, number>> = { main: 10, dead: 5 };

/** How long the main queue keeps an event that is not taken, from when it was first sent. */
export const MAIN_RETENTION_DAYS = 4;

/** When it does not end well now, SQS moves it on. */
export function isLastReceive(hop: Hop, receives: number): boolean {
  return receives >= MOST_RECEIVES[hop];
}

/** Tries on the main queue, and again on the dead-letter queue, before the event moves on. */
export const TRIES_PER_HOP = 5;

const FIRST_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 15 * 60;
/** A dead letter comes back every five minutes: its queue's own visibility timeout. */
export const DEAD_LETTER_WAIT_SECONDS = 5 * 60;

/**
 * Seconds until the next try: 30 doubling to 900, of which the upper half is drawn at random, so that events which
 * failed together don't come back together.
 *
 * @param tries how often it was tried, 1 after the first
 */
export function backoffSeconds(tries: number, random: Random): number {
  const full = Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (tries - 1));
  return Math.ceil(full * (0.5 + random() / 2));
}
