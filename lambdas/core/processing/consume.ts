import {
  attempt,
  ATTEMPTS_SPENT,
  type AttemptPorts,
  type EarlyBody,
  type End,
  type OneByOneProcessor,
  type Setback,
} from './attempt.ts';
import type { Taken } from './batch-response.ts';
import { deferralSeconds } from './breaker.ts';
import type { Circuit, Evidence, Pass } from './circuit.ts';
import { decodeMessage, type Message } from '../message.ts';
import { isAbandoned, notClaimed } from './not-claimed.ts';
import { followsAnother, isSameExecution, type Place } from './place.ts';
import type { Claim, Fence, Random } from '../ports.ts';
import { ended, notBefore, park } from './ending.ts';
import type { EventRecord } from '../record.ts';
import { type Hop, isLastReceive, policyOf } from './retry.ts';
import type { Verdict } from './supervise.ts';

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
  /**
   * Beside whom it runs. An event that has harmed others is not run beside them, and one that a thread before this one has
   * claimed is gone on with.
   * @default - nobody else is there, and no thread was
   */
  readonly place?: Place;
  /** How an execution before this one, of the same owner, was cut short, if this is to be noted and nothing run. */
  readonly cutShort?: string;
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
  /** Not run: it is to run apart from others. */
  | { readonly outcome: 'apart'; readonly verdict: Exclude<Verdict, Taken>; readonly pk: string }
  | { readonly outcome: 'quarantined'; readonly delaySeconds: 0; readonly reason: string };

export interface ConsumePorts extends AttemptPorts {
  readonly random: Random;
  /** Of the route, and of this container. */
  readonly circuit: Circuit;
}

/**
 * Takes one message from its queue. Returns whether it may be deleted, stays and comes back, or is to run apart.
 *
 * @param returnAfter makes the message visible again after so many seconds; when it fails, the queue's own visibility
 *   timeout holds, which is longer than any lease
 */
export async function take<Payload>(
  processor: OneByOneProcessor<Payload>,
  queued: QueuedMessage,
  ports: ConsumePorts & { readonly report: (outcome: Outcome) => void },
  returnAfter: (delaySeconds: number) => Promise<void>,
): Promise<Verdict> {
  const outcome = await consume(processor, queued, ports);
  ports.report(outcome);
  if (outcome.outcome === 'apart') return outcome.verdict;
  if (!('delaySeconds' in outcome)) return 'taken';
  await returnAfter(outcome.delaySeconds);
  return 'returned';
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

  const isLast = isLastReceive(queued.hop, queued.receives, queued.ordered);
  const isLastOfAll = isLast && (queued.hop === 'dead' || !policyOf(processor).deadLetters);
  let triedBefore: number | undefined;
  if (followsAnother(queued.place)) {
    const held = await ports.store.get(message.pk);
    if (held?.status === 'PROCESSING') {
      if (isSameExecution(held.owner, queued.owner)) {
        return elsewhere(held, queued) ?? run(processor, held, queued, { kind: 'go' }, ports);
      }
      // It may die again, and then nobody would come to say so.
      if (isAbandoned(held, queued.owner, ports.clock.now()) && isLastOfAll && queued.place === 'alone') {
        return parkUntried(message, queued, `${ATTEMPTS_SPENT}the last one died, and no receive is left`, ports);
      }
      if (wasRedriven(queued, held)) triedBefore = held.attempt;
    }
  }
  const pass = await ports.circuit.admit(queued.owner);
  if (pass.kind === 'wait' && pass.byPerson && isLastOfAll) return parkUntried(message, queued, CLOSED_BY_HAND, ports);
  // A last receive is used, unless a person said no: nothing goes to the next queue for the breaker alone.
  if (pass.kind === 'wait' && (pass.byPerson || !isLast)) {
    const delaySeconds = deferralSeconds(pass.forMs, queued.hop, queued.receives, ports.random, queued.ordered);
    return { outcome: 'deferred', why: 'breaker', delaySeconds, pk: message.pk };
  }
  const claim = { ...claimOf(message, queued, ports), ...(triedBefore !== undefined && { triedBefore }) };
  return claimAndRun(processor, message, claim, queued, pass, ports);
}

/**
 * Whether a message was put into its queue after the execution that held its event was over. Who dies in the last receive
 * notes nothing, so this is how it is known that a person wants it tried anew.
 */
function wasRedriven({ sentAt }: QueuedMessage, { leaseUntil = Infinity }: EventRecord): boolean {
  return sentAt > leaseUntil;
}

async function claimAndRun<Payload>(
  processor: OneByOneProcessor<Payload>,
  message: Message,
  claim: Claim,
  queued: QueuedMessage,
  pass: Pass,
  ports: ConsumePorts,
): Promise<Outcome> {
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
    return notClaimed(message, result.existing, claim);
  }
  const toRunElsewhere = elsewhere(result.record, queued);
  if (toRunElsewhere) {
    await ports.circuit.learn(pass, 'none', queued.owner);
    return toRunElsewhere;
  }
  return run(processor, result.record, queued, pass, ports, { at, read });
}

/** Of an event that is claimed and has harmed others before: where it is to run, if not here. */
function elsewhere({ pk, lastError = '' }: EventRecord, { place, cutShort }: QueuedMessage): Outcome | undefined {
  if (place === undefined || place === 'alone' || cutShort !== undefined) return undefined;
  if (lastError.startsWith(ATTEMPTS_SPENT)) return { outcome: 'apart', verdict: 'last', pk };
  if (place === 'together' && lastError.startsWith(CUT_SHORT)) return { outcome: 'apart', verdict: 'apart', pk };
  return undefined;
}

function claimOf(message: Message, queued: QueuedMessage, { clock, circuit }: ConsumePorts): Claim {
  return {
    pk: message.pk,
    owner: queued.owner,
    route: circuit.route,
    now: clock.now(),
    leaseUntil: queued.deadline + LEASE_MARGIN_MS,
    sentAt: queued.sentAt,
    hop: queued.hop,
    epoch: message.epoch,
    bodySha256: message.bodySha256,
    ...((queued.place === 'together' || queued.place === 'apart') && { unlessAbandoned: true }),
  };
}

/** What SQS gives up and nobody may try waits for a person as parked, not as if it went on by itself. */
async function parkUntried(
  message: Message,
  queued: QueuedMessage,
  reason: string,
  ports: ConsumePorts,
): Promise<Outcome> {
  const { unlessAbandoned: _, ...claim } = claimOf(message, queued, ports);
  const result = await ports.store.claim(claim);
  if (!result.claimed) return notClaimed(message, result.existing, claim);
  const { pk, attempt } = result.record;
  return park(result.record, { pk, owner: queued.owner, attempt }, { reason }, ports);
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
  const fence: Fence = { pk: record.pk, owner: record.owner ?? queued.owner, attempt: record.attempt };
  const end: End =
    queued.cutShort === undefined
      ? await attempt(processor, record, fence, queued.deadline, ports, early)
      : { kind: 'unended', reason: `${CUT_SHORT}${queued.cutShort}` };
  const outcome = await ended(end, record, fence, queued, policyOf(processor), ports);
  const evidence = end.kind === 'retryable' && end.along ? 'fails-along' : EVIDENCE[end.kind];
  const closedForMs = await ports.circuit.learn(pass, evidence, queued.owner);
  return outcome.outcome === 'failed' ? notBefore(outcome, closedForMs, ports.random) : outcome;
}

/** Begins the `lastError` of an event whose handler ended, blocked or filled the thread that it ran in. */
const CUT_SHORT = 'cut-short: ';

const EVIDENCE: Readonly<Record<End['kind'], Evidence>> = {
  done: 'works',
  permanent: 'none',
  retryable: 'fails',
  later: 'none',
  unended: 'none',
};
