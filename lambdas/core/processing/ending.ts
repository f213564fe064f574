import { type End, type Setback, triesOf } from './attempt.ts';
import type { ConsumePorts, Outcome, QueuedMessage } from './consume.ts';
import type { Fence, Random } from '../ports.ts';
import { beginningOf, type EventRecord, LONGEST_BYTES } from '../record.ts';
import {
  backoffSeconds,
  DEAD_LETTER_WAIT_SECONDS,
  isLastReceive,
  type RetryPolicy,
  waitUntilSeconds,
} from './retry.ts';

/** Writes how the attempt ended. */
export async function ended(
  end: End,
  record: EventRecord,
  fence: Fence,
  queued: QueuedMessage,
  policy: RetryPolicy,
  ports: ConsumePorts,
): Promise<Outcome> {
  switch (end.kind) {
    case 'done':
      return { outcome: 'done', record, processingMs: end.processingMs };
    case 'permanent':
      return park(record, fence, end, ports);
    case 'retryable':
    case 'later':
    case 'unended':
      return retry(end, record, fence, queued, policy, ports);
  }
}

type Failed = Extract<Outcome, { readonly outcome: 'failed' }>;

/** A failed event that came back before the breaker may be probed would waste a receive. */
export function notBefore(failed: Failed, closedForMs: number, random: Random): Failed {
  if (failed.delaySeconds === 0 || closedForMs === 0) return failed;
  const leastSeconds = Math.ceil((closedForMs / 1000) * (1 + random() / 2));
  return { ...failed, delaySeconds: Math.max(failed.delaySeconds, leastSeconds) };
}

/** Parks it for a person, under the fence. */
export async function park(
  record: EventRecord,
  fence: Fence,
  setback: Setback,
  { store, clock }: ConsumePorts,
): Promise<Outcome> {
  const kept = await store.park(fence, { movedAt: clock.now(), lastError: lastErrorOf(setback.reason) });
  if (!kept) return { outcome: 'moving', delaySeconds: 0, pk: record.pk };
  return { outcome: 'parked', delaySeconds: 0, record, ...setbackOf(setback) };
}

/** Of an attempt's end, which says more. */
function setbackOf({ reason, processingMs }: Setback): Setback {
  return { reason, ...(processingMs !== undefined && { processingMs }) };
}

async function retry(
  end: Exclude<End, { kind: 'done' | 'permanent' }>,
  record: EventRecord,
  fence: Fence,
  queued: QueuedMessage,
  policy: RetryPolicy,
  ports: ConsumePorts,
): Promise<Outcome> {
  const { hop, receives, ordered } = queued;
  // SQS moves it after its last receive, and the record says so.
  const spent = triesOf(record) >= policy.tries || isLastReceive(hop, receives, ordered);
  if (spent && (hop === 'dead' || !policy.deadLetters)) return park(record, fence, end, ports);

  const now = ports.clock.now();
  // Hidden for so long it can't be moved on yet: a dead letter is read as soon as it is there.
  const asDeadLetter = spent || hop === 'dead';
  const usual = asDeadLetter ? DEAD_LETTER_WAIT_SECONDS : backoffSeconds(policy, triesOf(record), ports.random);
  const delaySeconds = waitSeconds(end, usual, queued, ports);
  const nextAt = now + 1000 * delaySeconds;
  await ports.store.fail(fence, { nextAt, lastError: lastErrorOf(end.reason), ...(spent && { movedAt: now }) });
  return { outcome: 'failed', delaySeconds, record, ...setbackOf(end) };
}

/** The usual wait; later when what the handler calls said so; at the handler's own time, if it named one. */
function waitSeconds(end: End, usual: number, { hop, sentAt }: QueuedMessage, { clock, random }: ConsumePorts): number {
  const named = end.kind === 'later' ? end.at : end.kind === 'retryable' ? end.notBefore : undefined;
  if (named === undefined) return usual;
  const wait = waitUntilSeconds(named, { hop, sentAt, now: clock.now(), random });
  return end.kind === 'later' ? wait : Math.max(usual, wait);
}

/** The log has the whole reason. */
function lastErrorOf(reason: string): string {
  return beginningOf(reason, LONGEST_BYTES.lastError);
}
