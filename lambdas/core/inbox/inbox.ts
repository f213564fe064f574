import type { Delivery } from '../delivery.ts';
import type { Clock, Random } from '../ports.ts';
import type { Receipt } from '../receipt.ts';
import { headersOf } from '../scheme/headers.ts';
import type { Provider } from '../scheme/provider.ts';
import type { RejectionReason } from '../verdict.ts';

/**
 * Where rejected deliveries wait until a secret is mended. Ids of a source sort by the minute in which they came.
 * Everything in it was sent by somebody who proved nothing.
 */
export interface Inbox {
  /** False: there is one under that id already, and it stays. */
  keep(source: string, id: string, bytes: Buffer): Promise<boolean>;
  /** By id, beginning after one; at most so many. */
  list(source: string, after: string, most: number): Promise<readonly KeptEntry[]>;
  /** Undefined when it is gone. */
  read(source: string, id: string): Promise<Buffer | undefined>;
  /** Removing what is gone is no error. */
  remove(source: string, id: string): Promise<void>;
}

export interface KeptEntry {
  readonly id: string;
  readonly bytes: number;
}

/**
 * What a flood can cost: so many deliveries of one source are kept in each minute, whatever number of containers there
 * is, and each container asks for at most one more. Of what comes above that the provider's own retries must do.
 */
export const MOST_KEPT_A_MINUTE = 20;

/** Where they are in the bucket of the payloads, whose own names begin with a hash. */
export const INBOX_PREFIX = 'inbox/';

/** How long they are kept. The bucket's rule deletes them up to a day later; nothing older is shown or let in. */
export const INBOX_DAYS = 3;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Reasons that another secret, or another setting beside it, can mend. A stale timestamp stays stale. */
const MENDABLE: ReadonlySet<string> = new Set<RejectionReason>(['wrong-secret-or-changed-body', 'untrusted-key']);

export interface KeeperOptions {
  readonly inbox: Pick<Inbox, 'keep'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  /** By source, for those whose inbox is on. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** A sender is answered all the same. */
  readonly failed: (source: string, error: unknown) => void;
}

/**
 * Keeps rejected deliveries of the sources whose inbox is on, as one container does it.
 *
 * The ids of a minute are its twenty places, and a place is taken by whoever is first: that is the bound, without
 * anybody counting. A container begins at a random place and goes round; at the first place that is taken another
 * container has begun, so it leaves the rest of the minute to that one. After a failure it waits for the next minute.
 */
export function inboxKeeper({ inbox, clock, random, providers, failed }: KeeperOptions) {
  const rounds = new Map<string, { readonly minute: number; place: number; left: number }>();

  return async (delivery: Delivery, receipt: Receipt): Promise<void> => {
    const provider = providers.get(delivery.source);
    if (!provider || receipt.receipt !== 'rejected' || !MENDABLE.has(receipt.reason)) return;
    const minute = Math.floor(clock.now() / MINUTE_MS);
    let round = rounds.get(delivery.source);
    if (round?.minute !== minute) {
      round = { minute, place: Math.floor(random() * MOST_KEPT_A_MINUTE), left: MOST_KEPT_A_MINUTE };
      rounds.set(delivery.source, round);
    }
    if (round.left === 0) return;
    const id = idOf(minute * MINUTE_MS, round.place);
    round.place = (round.place + 1) % MOST_KEPT_A_MINUTE;
    round.left--;
    try {
      const kept = await inbox.keep(delivery.source, id, writeKept(delivery, receipt.reason, provider));
      if (!kept) round.left = 0;
    } catch (error) {
      round.left = 0;
      failed(delivery.source, error);
    }
  };
}

/** `20261122T1048Z-07` */
const ID = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})Z-\d{2}$/;

function idOf(atMs: number, place: number): string {
  const minute = new Date(atMs).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');
  return `${minute}Z-${String(place).padStart(2, '0')}`;
}

/** When the minute of an id began; undefined for what is no id. */
export function minuteOf(id: string): number | undefined {
  const [whole, ...parts] = ID.exec(id) ?? [];
  if (whole === undefined) return undefined;
  const [year, month, day, hour, minute] = parts;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** What every id that still counts comes after. */
export function oldestId(now: number): string {
  return idOf(now - INBOX_DAYS * DAY_MS, 0);
}

/** One rejected delivery as it was kept. */
export interface Kept {
  readonly delivery: Delivery;
  /** Why it was rejected when it came. */
  readonly reason: string;
}

interface Written {
  readonly v: 1;
  readonly reason: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly sourceIp: string;
  readonly receivedAt: number;
  /** Base64. */
  readonly body: string;
}

function writeKept({ method, url, headers, sourceIp, receivedAt, body }: Delivery, reason: string, provider: Provider) {
  const isRead = readsHeader(provider);
  const written: Written = {
    v: 1,
    reason,
    method,
    url,
    headers: Object.fromEntries([...headers].filter(([name]) => isRead(name))),
    sourceIp,
    receivedAt,
    body: body.toString('base64'),
  };
  return Buffer.from(JSON.stringify(written));
}

/** @throws when these are not bytes that were kept here */
export function readKept(source: string, bytes: Buffer): Kept {
  const { v, reason, method, url, headers, sourceIp, receivedAt, body } = JSON.parse(bytes.toString('utf8')) as Written;
  if (v !== 1) throw new Error(`A delivery in the inbox of ${source} has the version ${String(v)}.`);
  const delivery: Delivery = {
    source,
    method,
    url,
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(body, 'base64'),
    sourceIp,
    receivedAt,
  };
  return { delivery, reason };
}

/** Which headers a provider's scheme may read. Code may read those that the request names, so all are kept but cookies. */
function readsHeader(provider: Provider): (name: string) => boolean {
  if (provider.scheme.algorithm === 'code') return (name) => name !== 'cookie';
  const names = new Set([...headersOf(provider), 'content-type']);
  const place = 'signature' in provider.scheme ? provider.scheme.signature.in : undefined;
  const prefix = place && 'place' in place && place.place === 'numbered' ? place.prefix.toLowerCase() : undefined;
  return (name) => names.has(name) || (prefix !== undefined && name.startsWith(prefix));
}
