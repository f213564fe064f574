import { createHash } from 'node:crypto';
import type { Delivery } from './delivery.ts';
import { orderKeyAt } from './order.ts';
import type { Clock, Queue, Store } from './ports.ts';
import type { ReceivedEvent, Receipt } from './receipt.ts';
import {
  beginningOf,
  BODY_TTL_SECONDS,
  bodyKey,
  type EventRecord,
  isKnownVersion,
  LONGEST_BYTES,
  outboxWaitMs,
  RECORD_TTL_SECONDS,
  RECORD_VERSION,
  recordKey,
} from './record.ts';
import type { MatchedSecret } from './secrets/secrets.ts';
import { sendRecord } from './send.ts';
import { type Route, routeFor, type Source } from './source.ts';
import type { VerifiedEvent } from './verdict.ts';

export interface IngestPorts {
  readonly store: Store;
  readonly queue: Queue;
  readonly clock: Clock;
}

/** An event and the secret that proved it. */
export interface Proved {
  readonly event: VerifiedEvent;
  readonly secret: MatchedSecret;
}

/**
 * Keeps a verified event and puts it on its route's queue. Two round trips where all goes well.
 *
 * The order is the promise. The record is durable before the queue is asked; a delivery that finds the record still
 * RECEIVED sends again, because the first one may have died in between; "duplicate" is said only of what a consumer
 * has certainly seen. A copy too many is harmless: one claim wins.
 *
 * @param redelivers whether the provider tries again on its own. Where it doesn't, the sweeper watches every record.
 */
export async function ingest(
  { event, secret }: Proved,
  delivery: Delivery,
  source: Source,
  redelivers: boolean,
  ports: IngestPorts,
): Promise<Receipt> {
  const { store, clock } = ports;
  const now = clock.now();
  const route = routeFor(source.routes, event.type);
  const record = newRecord(event, delivery, route, now);
  const received: ReceivedEvent = {
    key: event.dedupKey,
    ...(event.id !== undefined && { id: event.id }),
    type: event.type,
    ...(route && { route: route.name }),
    ...(event.signedAt !== undefined && { signedAt: event.signedAt }),
    secret,
  };

  const bodyAt = bodyKey(record);
  const body = {
    sha256: record.bodySha256,
    ...(bodyAt !== record.pk && { record: record.pk }),
    expiresAt: Math.floor(now / 1000) + BODY_TTL_SECONDS,
  };
  if (!route) {
    const put = await store.putRecord(record, now);
    const stored = put.created ? record : put.existing;
    const sameBody = stored.bodySha256 === record.bodySha256;
    // An event that a deployment took the route from, between its first delivery and this one, still goes where its
    // record says: its queue may not have it.
    if (stored.status === 'RECEIVED') {
      if (sameBody) await store.putBody(bodyKey(stored), { ...body, bytes: delivery.body });
      return send(stored, received, redelivers, ports);
    }
    // Nobody reads its payload; where the key is not the id, the empty row leads from the id to the record. In the place
    // of a payload that is read it would destroy it.
    if (stored.status === 'FILTERED' && bodyAt !== record.pk)
      await store.putBody(bodyAt, { ...body, bytes: Buffer.alloc(0) });
    return put.created ? { receipt: 'filtered', event: received } : { receipt: 'duplicate', event: received, sameBody };
  }

  const toPut = redelivers ? record : { ...record, outboxAt: now + outboxWaitMs(0) };
  // Both are awaited to their end: a call left in flight would be frozen with the function and fail in the next one.
  const [kept, put] = await Promise.allSettled([
    store.putBody(bodyAt, { ...body, bytes: delivery.body }),
    store.putRecord(toPut, now),
  ]);
  if (put.status === 'rejected') throw put.reason;
  if (kept.status === 'rejected') throw kept.reason;

  let stored = put.value.created ? toPut : put.value.existing;
  const sameBody = stored.bodySha256 === record.bodySha256;
  // The first delivery may have failed to put the payload, and another id that nobody signed names another place for it.
  const storedAt = bodyKey(stored);
  if (storedAt !== bodyAt && sameBody && stored.status !== 'DONE')
    await store.putBody(storedAt, { ...body, record: stored.pk, bytes: delivery.body });
  if (!sameBody && stored.status !== 'DONE' && stored.status !== 'FILTERED') {
    // Its own payload may never have come, from a provider that words every try differently: then this one is the event's.
    const instead = { ...toPut, receivedAt: stored.receivedAt, epoch: stored.epoch };
    const replaced = await store.replaceUnkept(stored, instead);
    // Somebody holds it, or has given it up: "duplicate" would be said of an event that nobody can run.
    if (replaced === 'moved-on') return { receipt: 'unavailable', reason: 'not-recorded' };
    if (replaced === 'replaced') stored = instead;
  }
  if (stored.status !== 'RECEIVED') return { receipt: 'duplicate', event: received, sameBody };
  return send(stored, received, redelivers, ports);
}

async function send(
  stored: EventRecord,
  event: ReceivedEvent,
  redelivers: boolean,
  { store, queue, clock }: IngestPorts,
): Promise<Receipt> {
  const inOutbox: Receipt = { receipt: 'accepted', event, via: 'outbox' };
  const isWatched = stored.outboxAt !== undefined;
  try {
    await sendRecord(queue, stored);
    return { receipt: 'accepted', event, via: 'queue' };
  } catch {
    // The record is durable, so the sweeper can send it. What an earlier delivery has put into the outbox is there.
    if (isWatched && redelivers) return inOutbox;
  }
  try {
    const isSet = await store.setOutbox(stored.pk, clock.now() + outboxWaitMs(0));
    // Unless a newer version wrote it, what is not RECEIVED any more was claimed.
    return isSet || isKnownVersion(stored.v) ? inOutbox : { receipt: 'unavailable', reason: 'not-recorded' };
  } catch {
    // The sweeper's watch finds it all the same, later.
    return isWatched ? inOutbox : { receipt: 'unavailable', reason: 'not-recorded' };
  }
}

function newRecord(event: VerifiedEvent, delivery: Delivery, route: Route | undefined, now: number): EventRecord {
  const orderKey = route?.ordered === undefined ? event.orderKey : orderKeyAt(route.ordered, delivery.body);
  return {
    v: RECORD_VERSION,
    pk: recordKey(delivery.source, event.dedupKey),
    status: route ? 'RECEIVED' : 'FILTERED',
    source: delivery.source,
    ...(event.id !== undefined && { eventId: beginningOf(event.id, LONGEST_BYTES.eventId) }),
    type: event.type,
    ...(route && { route: route.name }),
    ...(orderKey !== undefined && { orderKey: orderKeyOf(orderKey) }),
    bodySha256: createHash('sha256').update(delivery.body).digest('hex'),
    bodyBytes: delivery.body.length,
    receivedAt: delivery.receivedAt,
    epoch: 0,
    attempt: 0,
    expiresAt: Math.floor(now / 1000) + RECORD_TTL_SECONDS,
  };
}

/** What is equal stays equal: a key that is too long goes in as its hash. */
function orderKeyOf(orderKey: string): string {
  if (Buffer.byteLength(orderKey) <= LONGEST_BYTES.orderKey) return orderKey;
  return createHash('sha256').update(orderKey).digest('base64url');
}
