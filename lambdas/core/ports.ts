import type { Breaker, MappingMode } from './processing/breaker.ts';
import type { EventRecord } from './record.ts';
import type { Write } from './processor.ts';

/** Everything the core needs of the world. `lambdas/adapters` speaks AWS; the fault harness speaks in-memory. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Rings once after so many milliseconds; the returned function calls it off. */
  alarm(ms: number, ring: () => void): () => void;
}

/** Uniform in [0, 1). */
export type Random = () => number;

/** What proves that a write comes from the execution that holds the event. */
export interface Fence {
  readonly pk: string;
  readonly owner: string;
  readonly attempt: number;
}

export interface Claim {
  readonly pk: string;
  /** One execution of one message: unique over all sandboxes. */
  readonly owner: string;
  readonly leaseUntil: number;
  readonly now: number;
  /** When the queue first took the message: an event that was moved on is claimed by later messages only. */
  readonly sentAt: number;
  /** The queue it came from. A dead letter may always be tried again. */
  readonly hop: 'main' | 'dead';
  /** `<source>/<route>` of whoever claims; an event of another is refused. */
  readonly route: string;
  /** What the message says of the record; a claim under other values fails. */
  readonly epoch: number;
  readonly bodySha256: string;
  /** Refuses an event whose execution died before its end: it may take down what runs beside it. */
  readonly unlessAbandoned?: boolean;
  /** Of an event that was redriven after its last execution died: how many tries went before, which count no more. */
  readonly triedBefore?: number;
}

export type ClaimResult =
  | { readonly claimed: true; readonly record: EventRecord }
  | { readonly claimed: false; readonly existing?: EventRecord };

/** The table. Each method is one request; conditions are evaluated by the table, never before it. */
export interface Store {
  /** Keeps a payload under its own hash. Writing it twice is harmless. */
  putBody(pk: string, body: Body): Promise<void>;
  /** Puts META if there is none (or only an expired one); otherwise returns what is there. */
  putRecord(record: EventRecord, now: number): Promise<{ created: true } | { created: false; existing: EventRecord }>;
  /**
   * Puts a record in the place of one whose own payload was never kept, on condition that it is as seen, RECEIVED and never
   * claimed. `kept`: the payload is there. `moved-on`: it is not, and the record is past that.
   */
  replaceUnkept(seen: EventRecord, record: EventRecord): Promise<'replaced' | 'kept' | 'moved-on'>;
  /**
   * Asks the sweeper to send the event, only while it is RECEIVED. False: it is past that, or of a version that nobody
   * here knows.
   */
  setOutbox(pk: string, outboxAt: number): Promise<boolean>;
  claim(claim: Claim): Promise<ClaimResult>;
  /** Undefined when it is gone; `corrupt` when what is kept is not what was put. Both stay so. */
  getBody(pk: string, sha256: string): Promise<Buffer | 'corrupt' | undefined>;
  /** PROCESSING → DONE under the fence. False: the fence no longer holds. */
  complete(fence: Fence, done: { doneAt: number; processingMs: number }): Promise<boolean>;
  /** The handler's own writes and DONE in one transaction. */
  commit(
    fence: Fence,
    writes: readonly Write[],
    done: { doneAt: number; processingMs: number },
  ): Promise<'committed' | 'refused' | 'fence-lost'>;
  /** PROCESSING → FAILED under the fence; with `movedAt`, its message goes on to the dead-letter queue. */
  fail(fence: Fence, failure: { nextAt: number; lastError: string; movedAt?: number }): Promise<boolean>;
  /** PROCESSING → PARKED under the fence. */
  park(fence: Fence, failure: { movedAt: number; lastError: string }): Promise<boolean>;
  get(pk: string): Promise<EventRecord | undefined>;
  /** Outbox rows due by `until`, the first due first, at most `limit`; what a newer version wrote is not among them. */
  dueOutbox(until: number, limit: number): Promise<readonly EventRecord[]>;
  /** Moves one outbox row's next send, on condition that nobody else moved or claimed it. */
  bumpOutbox(pk: string, from: number, to: number): Promise<boolean>;
  /**
   * DONE or PARKED → RECEIVED in the next epoch, watched by the sweeper, on condition that status and epoch are as seen.
   * False: they are not. Whoever asks for the same epoch second hears true as well, for one replay is what both get.
   */
  replay(seen: EventRecord, replay: { now: number; outboxAt: number }): Promise<boolean>;
}

export interface Body {
  readonly sha256: string;
  /** Key of the event's record, where the payload stands under another. */
  readonly record?: string;
  readonly bytes: Buffer;
  readonly expiresAt: number;
}

/** What the sweeper looks at where a provider tries once. Each method is one request where nothing else is said. */
export interface Watch {
  /** Up to when the source's events were looked at; undefined: never. */
  lookedTo(source: string): Promise<number | undefined>;
  /** Notes it. A run that was slow never takes back what a later one has noted. */
  note(source: string, to: number): Promise<void>;
  /** The source's events of that time, both ends included, the oldest first; a page is two requests. */
  pages(source: string, from: number, to: number): AsyncIterable<WatchedPage>;
  /** Puts an event into the outbox. False: it was claimed meanwhile, or another run was faster. */
  enrol(pk: string): Promise<boolean>;
}

export interface WatchedPage {
  /** Keys of the events that should have been claimed, were not, and are not in the outbox. */
  readonly unclaimed: readonly string[];
  /** When the last of them was received; of the last page, the end of the time. */
  readonly end: number;
}

/** The breakers of the routes, by `<source>/<route>`. Each method is one request where nothing else is said. */
export interface Breakers {
  /** Undefined: nobody has changed it and nothing has failed yet. */
  read(route: string): Promise<Breaker | undefined>;
  /**
   * Counts a failure and the successes before it, anew when the counts are older than the window (a second request).
   * Returns the breaker after it.
   */
  recordFailure(route: string, failure: { now: number; successes: number; windowMs: number }): Promise<Breaker>;
  /** Puts the next revision in the place of the one that was seen. False: somebody else has changed it since. */
  change(route: string, seen: Breaker, next: Breaker): Promise<boolean>;
  /** Notes how the route's mappings were set, for whoever looks for what was set by others. */
  noteMapping(route: string, mode: MappingMode): Promise<void>;
}

export interface Queue {
  send(message: QueueMessage): Promise<void>;
}

export interface QueueMessage {
  readonly source: string;
  readonly route: string;
  readonly body: string;
  /** Where the route is ordered: messages of one group come out one after the other, as they went in. */
  readonly group: string;
  /** Where the route is ordered: the second with the same one in a group is dropped for five minutes. */
  readonly deduplicationId: string;
}

/** One version of a source's secret, as the secret store keeps it. */
export interface SecretVersion {
  /** Unique among the secret's versions. */
  readonly id: string;
  readonly value: string;
  readonly stage: SecretStage;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version */
export type SecretStage = 'AWSCURRENT' | 'AWSPREVIOUS' | 'AWSPENDING';

export interface SecretStore {
  /** The current version; undefined while the secret has none. */
  current(source: string): Promise<SecretVersion | undefined>;
  /** The one before, if any. */
  previous(source: string): Promise<SecretVersion | undefined>;
  /** The one that an open rotation is about to make current, if any. */
  pending(source: string): Promise<SecretVersion | undefined>;
  /** Keeps a secret that came in band as the first version. False: somebody was first. */
  keepFirst(source: string, value: string): Promise<boolean>;
}
