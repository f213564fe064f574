import type { Clock, Queue, Store } from './ports.ts';
import { BODY_TTL_SECONDS, type EventRecord, isExpired, outboxWaitMs, isKnownVersion } from './record.ts';
import { sendRecord } from './send.ts';

/** Why an event is not replayed. */
export type Refusal =
  | 'not-found'
  | 'newer-version'
  /** No route ever took it, or the one that did is not configured any more. */
  | 'no-route'
  | 'payload-expired'
  /** Another execution holds it at this moment. */
  | 'processing'
  /** It is still to be processed, so there is nothing yet to do again. */
  | 'not-ended'
  /** Somebody changed it between the look and the write. */
  | 'changed';

/**
 * What a replay came to. `sent`: its message is on the queue once more, under the same idempotency key. `restarted`: it
 * begins anew under the key of the next epoch; where the queue would not take it, the sweeper sends it.
 */
export type Replay =
  | { readonly replay: 'sent'; readonly record: EventRecord }
  | { readonly replay: 'restarted'; readonly record: EventRecord; readonly via: 'queue' | 'outbox' }
  | { readonly replay: 'already-done'; readonly record: EventRecord }
  | { readonly replay: 'refused'; readonly why: Refusal; readonly record?: EventRecord };

export interface ReplayPorts {
  readonly store: Pick<Store, 'replay'>;
  readonly queue: Queue;
  readonly clock: Clock;
  /** The configured routes, as `<source>/<route>`. */
  readonly routes: ReadonlySet<string>;
}

/**
 * Lets an event run again because a person says so. Without `force` only what has not been done: a message more is
 * harmless, one claim wins, and a parked event takes one that was sent after it was parked. With `force` also what was
 * done: the epoch goes up, so that every effect has a new key, and messages of the epochs before are dropped.
 *
 * @param record as it was read a moment ago; undefined when there is none
 */
export async function replay(record: EventRecord | undefined, force: boolean, ports: ReplayPorts): Promise<Replay> {
  const now = ports.clock.now();
  const why = refusal(record, force, now, ports.routes);
  if (!record || why !== undefined) return { replay: 'refused', why: why ?? 'not-found', ...(record && { record }) };
  if (force) return restart(record, now, ports);
  if (record.status === 'DONE') return { replay: 'already-done', record };
  await sendRecord(ports.queue, record);
  return { replay: 'sent', record };
}

function refusal(
  record: EventRecord | undefined,
  force: boolean,
  now: number,
  routes: ReadonlySet<string>,
): Refusal | undefined {
  if (!record || isExpired(record, now)) return 'not-found';
  if (!isKnownVersion(record.v)) return 'newer-version';
  const ended = record.status === 'DONE' || record.status === 'PARKED';
  if (record.status === 'DONE' && !force) return undefined;
  if (record.route === undefined || !routes.has(`${record.source}/${record.route}`)) return 'no-route';
  if (force && !ended) return 'not-ended';
  if (record.receivedAt + BODY_TTL_SECONDS * 1000 <= now) return 'payload-expired';
  if (record.status === 'PROCESSING' && (record.leaseUntil ?? 0) > now) return 'processing';
  return undefined;
}

async function restart(seen: EventRecord, now: number, { store, queue }: ReplayPorts): Promise<Replay> {
  const outboxAt = now + outboxWaitMs(0);
  if (!(await store.replay(seen, { now, outboxAt }))) return { replay: 'refused', why: 'changed', record: seen };
  const { movedAt: _, ...rest } = seen;
  const record: EventRecord = { ...rest, status: 'RECEIVED', epoch: seen.epoch + 1, attempt: 0 };
  try {
    await sendRecord(queue, record);
    return { replay: 'restarted', record, via: 'queue' };
  } catch {
    // The record is RECEIVED and watched already: the sweeper sends it.
    return { replay: 'restarted', record, via: 'outbox' };
  }
}
