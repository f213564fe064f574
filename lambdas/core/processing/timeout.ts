import type { Seconds } from '../processor.ts';
import { isWhole } from './retry.ts';

/** How long one execution of a processor's function may take. */
export const DEFAULT_TIMEOUT: Seconds = 30;
/** A second of it is for writing how each event ended. */
const LEAST_TIMEOUT: Seconds = 3;
/** A batch waits for its slowest event; what takes longer is better started here and ended elsewhere. */
const MOST_TIMEOUT: Seconds = 300;

/**
 * How long an execution may take. One that takes the events of a group one after the other begins the next as long as a
 * whole handler's time is left.
 */
export function executionTime(timeout: Seconds, ordered: boolean): Seconds {
  return ordered ? 2 * timeout : timeout;
}

/** As the Lambda guide advises for SQS. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const VISIBILITY_TIMEOUTS = 6;

/** How long a message stays hidden when its execution was killed. */
export function visibilityOf(timeout: Seconds): Seconds {
  return timeout * VISIBILITY_TIMEOUTS;
}

export function timeoutProblem(timeout: Seconds): string | undefined {
  if (isWhole(timeout, LEAST_TIMEOUT, MOST_TIMEOUT)) return undefined;
  return `timeout ${timeout}: give whole seconds from ${LEAST_TIMEOUT} to ${MOST_TIMEOUT}`;
}
