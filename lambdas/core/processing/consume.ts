import {
  attempt,
  type AttemptPorts,
  type EarlyBody,
  type End,
  type OneByOneProcessor,
  type Setback,
  triesOf,
} from './attempt.ts';
import { deferralSeconds } from './breaker.ts';
import type { Circuit, Evidence, Pass } from './circuit.ts';
import { decodeMessage, type Message } from '../message.ts';
import { notClaimed } from './not-claimed.ts';
import type { Claim, Fence, Random } from '../ports.ts';
import { beginningOf, type EventRecord, LONGEST_BYTES } from '../record.ts';
import {
  backoffSeconds,
  DEAD_LETTER_WAIT_SECONDS,
  type Hop,
  isLastReceive,
  policyOf,
  type RetryPolicy,
  waitUntilSeconds,
} from './retry.ts';

/** One message as a queue handed it over. */
export interface QueuedMessage {
  readonly body: string;
  readonly sentAt: number;
  readonly hop: Hop;
  /** How often its queue has handed it over, this time included. */
  readonly receives: number;
  /** From the FIFO queue of an ordered route. */
  readonly ordered?: boolean;
  /** This execution of this message: unique over all sandboxes. */
  readonly owner: string;
  /** When the function is killed, in milliseconds since the epoch. */
  readonly deadline: number;
  /** An execution before this one, of the same owner, was cut short: it goes on with what that one had claimed. */
  readonly resumed?: boolean;
  /** How that one was cut short, if this is to be noted and nothing run. */
  readonly cutShort?: string;
  /** Whether an event that cut an execution short before is only claimed here, to be run apart. */
  readonly mayGoApart?: boolean;
}

/**
 * What became of a message. `done` and `skipped` leave the queue; the others return to it after `delaySeconds`, and
 * SQS itself moves them on when their receives are spent. A delay of 0 spends them quickly: it is on its way to the
 * next queue.
 */
export type Outcome =
  | { readonly outcome: 'done'; readonly record: EventRecord; readonly processingMs: number }
  | { readonly outcome: 'skipped'; readonly why: 'already-done' | 'replayed-since'; readonly pk: string }
  | {
      readonly outcome: 'deferred';
      readonly why: 'breaker' | 'held' | 'newer-version';
      readonly delaySeconds: number;
      readonly pk: string;
    }
  | (Setback & { readonly outcome: 'failed'; readonly delaySeconds: number; readonly record: EventRecord })
  | (Setback & { readonly outcome: 'parked'; readonly delaySeconds: 0; readonly record: EventRecord })
  | { readonly outcome: 'moving'; readonly delaySeconds: 0; readonly pk: string }
  /** Claimed, not run: whoever runs it goes on as `resumed`. */
  | { readonly outcome: 'apart'; readonly pk: string }
  | { readonly outcome: 'quarantined'; readonly delaySeconds: 0; readonly reason: string };

export interface ConsumePorts extends AttemptPorts {
  readonly random: Random;
  /** Of the route, and of this container. */
  readonly circuit: Circuit;
}

/**
 * Takes one message from its queue: true when it may be deleted, false when it stays and comes back.
 *
 * @param returnAfter makes the message visible again after so many seconds; when it fails, the queue's own visibility
 *   timeout holds, which is longer than any lease
 */
export async function take<Payload>(
  processor: OneByOneProcessor<Payload>,
  queued: QueuedMessage,
  ports: ConsumePorts & { readonly report: (outcome: Outcome) => void },
  returnAfter: (delaySeconds: number) => Promise<void>,
): Promise<boolean> {
  const outcome = await consume(processor, queued, ports);
  ports.report(outcome);
  if (outcome.outcome === 'apart') return false;
  if (!('delaySeconds' in outcome)) return true;
  await returnAfter(outcome.delaySeconds);
  return false;
}

/** The lease outlives its owner by this much, so that nobody claims what a live execution still holds. */
const LEASE_MARGIN_MS = 5_000;

/** Runs the handler for one message, unless the route's breaker is open: then it is not even claimed. */
export async function consume<Payload>(
  processor: OneByOneProcessor<Payload>,
  queued: QueuedMessage,
  ports: ConsumePorts,
): Promise<Outcome> {
  const message = decodeMessage(queued.body);
  if ('malformed' in message) return { outcome: 'quarantined', delaySeconds: 0, reason: message.malformed };

  if (queued.resumed) {
    const held = await ports.store.get(message.pk);
    const isMine = held?.status === 'PROCESSING' && held.owner === queued.owner;
    if (isMine) return run(processor, held, queued, { kind: 'go' }, ports);
  }
  const pass = await ports.circuit.admit(queued.owner);
  const isLast = isLastReceive(queued.hop, queued.receives, queued.ordered);
  if (pass.kind === 'wait' && pass.byPerson && isLast && (queued.hop === 'dead' || !policyOf(processor).deadLetters)) {
    return parkUntried(message, queued, ports);
  }
  // A last receive is used, unless a person said no: nothing goes to the next queue for the breaker alone.
  if (pass.kind === 'wait' && (pass.byPerson || !isLast)) {
    const delaySeconds = deferralSeconds(pass.forMs, queued.hop, queued.receives, ports.random, queued.ordered);
    return { outcome: 'deferred', why: 'breaker', delaySeconds, pk: message.pk };
  }
  return claimAndRun(processor, message, queued, pass, ports);
}

async function claimAndRun<Payload>(
  processor: OneByOneProcessor<Payload>,
  message: Message,
  queued: QueuedMessage,
  pass: Pass,
  ports: ConsumePorts,
): Promise<Outcome> {
  const claim = claimOf(message, queued, ports.clock.now());
  // The payload is asked for along with the claim: those of a batch come in one request, and nobody waits for them
  // afterwards. Both are awaited to their end: a call left in flight would be frozen with the function.
  const at = message.bodyAt ?? message.pk;
  const [claimed, read] = await Promise.allSettled([
    ports.store.claim(claim),
    ports.store.getBody(at, message.bodySha256),
  ]);
  if (claimed.status === 'rejected') throw claimed.reason;
  const result = claimed.value;
  if (!result.claimed) {
    await ports.circuit.learn(pass, 'none', queued.owner);
    return notClaimed(message, result.existing, claim.now);
  }
  if (queued.mayGoApart && wasCutShort(result.record)) {
    await ports.circuit.learn(pass, 'none', queued.owner);
    return { outcome: 'apart', pk: message.pk };
  }
  return run(processor, result.record, queued, pass, ports, { at, read });
}

function claimOf(message: Message, queued: QueuedMessage, now: number): Claim {
  return {
    pk: message.pk,
    owner: queued.owner,
    now,
    leaseUntil: queued.deadline + LEASE_MARGIN_MS,
    sentAt: queued.sentAt,
    hop: queued.hop,
    epoch: message.epoch,
    bodySha256: message.bodySha256,
  };
}

/** What SQS gives up while a person keeps the route closed waits for that person as parked, not as if it went on by itself. */
async function parkUntried(message: Message, queued: QueuedMessage, ports: ConsumePorts): Promise<Outcome> {
  const claim = claimOf(message, queued, ports.clock.now());
  const result = await ports.store.claim(claim);
  if (!result.claimed) return notClaimed(message, result.existing, claim.now);
  const { pk, attempt } = result.record;
  return park(result.record, { pk, owner: queued.owner, attempt }, { reason: CLOSED_BY_HAND }, ports);
}

const CLOSED_BY_HAND = 'closed-by-hand: its receives were spent while its route was paused or its breaker held open';

/** Runs the handler for a claimed event and writes how that ended. */
async function run<Payload>(
  processor: OneByOneProcessor<Payload>,
  record: EventRecord,
  queued: QueuedMessage,
  pass: Pass,
  ports: ConsumePorts,
  early?: EarlyBody,
): Promise<Outcome> {
  const fence: Fence = { pk: record.pk, owner: queued.owner, attempt: record.attempt };
  const end: End =
    queued.cutShort === undefined
      ? await attempt(processor, record, fence, queued.deadline, ports, early)
      : { kind: 'unended', reason: `${CUT_SHORT}${queued.cutShort}` };
  const outcome = await ended(end, record, fence, queued, policyOf(processor), ports);
  const closedForMs = await ports.circuit.learn(pass, EVIDENCE[end.kind], queued.owner);
  return outcome.outcome === 'failed' ? notBefore(outcome, closedForMs, ports.random) : outcome;
}

/** Begins the `lastError` of an event whose handler ended, blocked or filled the thread that it ran in. */
const CUT_SHORT = 'cut-short: ';

function wasCutShort({ lastError }: EventRecord): boolean {
  return lastError?.startsWith(CUT_SHORT) ?? false;
}

const EVIDENCE: Readonly<Record<End['kind'], Evidence>> = {
  done: 'works',
  permanent: 'none',
  retryable: 'fails',
  later: 'none',
  unended: 'none',
};

/** Writes how the attempt ended. */
async function ended(
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
function notBefore(failed: Failed, closedForMs: number, random: Random): Failed {
  if (failed.delaySeconds === 0 || closedForMs === 0) return failed;
  const leastSeconds = Math.ceil((closedForMs / 1000) * (1 + random() / 2));
  return { ...failed, delaySeconds: Math.max(failed.delaySeconds, leastSeconds) };
}

async function park(
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
  const delaySeconds = spent ? 0 : waitSeconds(end, triesOf(record), queued, policy, ports);
  const nextAt = now + 1000 * (spent ? DEAD_LETTER_WAIT_SECONDS : delaySeconds);
  await ports.store.fail(fence, { nextAt, lastError: lastErrorOf(end.reason), ...(spent && { movedAt: now }) });
  return { outcome: 'failed', delaySeconds, record, ...setbackOf(end) };
}

/** The usual wait; later when what the handler calls said so; at the handler's own time, if it named one. */
function waitSeconds(
  end: End,
  tries: number,
  { hop, sentAt }: QueuedMessage,
  policy: RetryPolicy,
  { clock, random }: ConsumePorts,
): number {
  const usual = hop === 'dead' ? DEAD_LETTER_WAIT_SECONDS : backoffSeconds(policy, tries, random);
  const named = end.kind === 'later' ? end.at : end.kind === 'retryable' ? end.notBefore : undefined;
  if (named === undefined) return usual;
  const wait = waitUntilSeconds(named, { hop, sentAt, now: clock.now(), random });
  return end.kind === 'later' ? wait : Math.max(usual, wait);
}

/** The log has the whole reason. */
function lastErrorOf(reason: string): string {
  return beginningOf(reason, LONGEST_BYTES.lastError);
}
