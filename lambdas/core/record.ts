/**
 * What Hookgate keeps of one event: the META row of the table.
 *
 * ```
 * RECEIVED → PROCESSING(owner, leaseUntil, attempt) → DONE
 *                  ├→ FAILED(nextAt) → PROCESSING …
 *                  └→ PARKED
 * FILTERED (no route wanted the type; never queued)
 * ```
 */
export type Status = 'RECEIVED' | 'PROCESSING' | 'FAILED' | 'DONE' | 'PARKED' | 'FILTERED';

export const STATUSES: readonly Status[] = ['RECEIVED', 'PROCESSING', 'FAILED', 'DONE', 'PARKED', 'FILTERED'];

/**
 * Version of the META row and of the queue message: one more when a reader of the one before would misread it. A reader
 * takes this and the one before, because a deployment meets what is stored and queued; what is newer it leaves alone.
 *
 * 0, before the first release: the payload stood under the record's key, and the id in `alias`, after the source.
 */
export const RECORD_VERSION = 1;
export const OLDEST_VERSION = RECORD_VERSION - 1;

export function isKnownVersion(v: unknown): boolean {
  return v === RECORD_VERSION || v === OLDEST_VERSION;
}

/** How long a record lives after it was last claimed. Longer than the 14 days a parked message waits. */
export const RECORD_TTL_SECONDS = 30 * 24 * 60 * 60;

/** Payloads are not touched by a claim, so they are kept long enough for a record whose time was moved forward. */
export const BODY_TTL_SECONDS = 2 * RECORD_TTL_SECONDS;

/** One event's META row. Times are milliseconds since the epoch unless the name says otherwise. */
export interface EventRecord {
  readonly v: number;
  /** `<source>#<dedup key>`, the partition key. */
  readonly pk: string;
  readonly status: Status;
  readonly source: string;
  /** The provider's own id of the event; absent when it sends none. */
  readonly eventId?: string;
  readonly type: string;
  /** Name of the route that took it; absent when filtered. */
  readonly route?: string;
  readonly orderKey?: string;
  /** SHA-256 of the first payload, hex: the name of its BODY row. A later payload under the same id never replaces it. */
  readonly bodySha256: string;
  readonly bodyBytes: number;
  readonly receivedAt: number;
  /** Replays so far. The idempotency key of an effect is `<pk>@<epoch>`. */
  readonly epoch: number;
  /** Claims so far in this epoch, over all queues and redrives. */
  readonly attempt: number;
  /** Seconds since the epoch: the table's TTL attribute. Conditions compare it with now and never trust the deletion. */
  readonly expiresAt: number;
  readonly owner?: string;
  readonly leaseUntil?: number;
  readonly nextAt?: number;
  readonly doneAt?: number;
  readonly processingMs?: number;
  /**
   * When its message was last let go to the next queue (dead-letter or parked). A message that was sent later comes
   * from a redrive and gets its attempts anew; an earlier one is on its way and must not run again.
   */
  readonly movedAt?: number;
  /** The value of `attempt` at that time. */
  readonly movedAttempt?: number;
  readonly lastError?: string;
  /** When the sweeper sends it again; absent once it is claimed. */
  readonly outboxAt?: number;
  /** The sweeper's re-sends so far. */
  readonly outboxSends?: number;
}

/**
 * Bytes (UTF-8) that a record spends on texts of others. Together they keep META within 1 KB, so that each write of it
 * is one unit; of a longer id the beginning is kept, which only its display and lookup by id suffer from.
 */
export const LONGEST_BYTES = { eventId: 256, orderKey: 48, lastError: 120 } as const;

/** The beginning of a text, in so many bytes at most and without half a character at its end. */
export function beginningOf(text: string, bytes: number): string {
  const whole = Buffer.from(text);
  if (whole.length <= bytes) return text;
  return whole
    .subarray(0, bytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
}

/** The partition key of an event. */
export function recordKey(source: string, dedupKey: string): string {
  return `${source}#${dedupKey}`;
}

/** The partition of an event's payload: that of the provider's id, where there is one. */
export function bodyKey({ v, pk, source, eventId }: Pick<EventRecord, 'v' | 'pk' | 'source' | 'eventId'>): string {
  return v === 0 || eventId === undefined ? pk : recordKey(source, eventId);
}

/** Whether the record still counts at `nowMs`: TTL deletes up to days late, so its time is compared. */
export function isExpired(record: Pick<EventRecord, 'expiresAt'>, nowMs: number): boolean {
  return record.expiresAt * 1000 <= nowMs;
}

const OUTBOX_FIRST_WAIT_MS = 60_000;
/** The most that a row of the outbox is put off for. */
export const OUTBOX_LONGEST_WAIT_MS = 60 * 60_000;

/** How long a recorded event may stay unclaimed before the sweeper sends it again, after so many sends. */
export function outboxWaitMs(sends: number): number {
  return Math.min(OUTBOX_LONGEST_WAIT_MS, OUTBOX_FIRST_WAIT_MS * 2 ** sends);
}
