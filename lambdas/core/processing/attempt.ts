import { type Commits, commitsOf } from './commits.ts';
import { type OccurredAt, occurredAtOf } from './occurred-at.ts';
import type { Clock, Fence, Store } from '../ports.ts';
import {
  type OneByOne,
  PermanentError,
  type ProcessorContext,
  type ProcessorEvent,
  type ProcessorLog,
  RetryLater,
  type RouteOptions,
} from '../processor.ts';
import { payloadOf, type Said } from './payload.ts';
import { reasonOf, reasonOfIssues } from './reason.ts';
import { bodyKey, type EventRecord } from '../record.ts';
import { retryPolicy } from './retry.ts';
import { retryAfterOf } from './retry-after.ts';

/** A handler is told to stop, and given up, this long before the function is killed: enough to write FAILED. */
const WIND_DOWN_MS = 1_000;

/**
 * Begins the reason of an event whose executions died (timeout, memory, a crash) until no try was left. It is never again
 * run beside others.
 */
export const ATTEMPTS_SPENT = 'attempts-spent: ';

/** A processor as one event meets it. One that handles in bulk is made such by `inBulk`. */
export type OneByOneProcessor<Payload> = RouteOptions<Payload> &
  OneByOne<Payload> & {
    /** Whether what the handler threw is another event's failure too, and counted with that one. */
    readonly failedAlong?: () => boolean;
  };

/**
 * How an attempt ended. `permanent`: trying again cannot help. `retryable`: what the handler needs failed, and may have
 * said before when it does not want to be asked again; `along`: in one call with another event, which counts for both. `later`: the handler named the time of the next try. `unended`:
 * this or an earlier attempt was cut short, which says nothing of what the handler needs. Times are milliseconds since
 * the epoch.
 */
export type End =
  | { readonly kind: 'done'; readonly processingMs: number }
  | (Setback & { readonly kind: 'permanent' | 'unended' })
  | (Setback & { readonly kind: 'retryable'; readonly notBefore?: number; readonly along?: boolean })
  | (Setback & { readonly kind: 'later'; readonly at: number });

/** Why an event is not done. */
export interface Setback {
  readonly reason: string;
  /** How long schema and handler ran; absent where neither did, and where they were cut short. */
  readonly processingMs?: number;
}

export interface AttemptPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: ProcessorLog;
  /** Where the source's provider says when an event happened. */
  readonly occurredAt?: OccurredAt | undefined;
  /** Whether the source's provider sends forms. */
  readonly form?: boolean;
}

/** A payload that was asked for along with the claim, where its message said that it stands. */
export interface EarlyBody {
  readonly at: string;
  readonly read: PromiseSettledResult<Awaited<ReturnType<Store['getBody']>>>;
}

/** Runs the handler once for a claimed event: payload, schema, handler, DONE. */
export async function attempt<Payload>(
  processor: OneByOneProcessor<Payload>,
  record: EventRecord,
  fence: Fence,
  deadline: number,
  { store, clock, log, occurredAt, form = false }: AttemptPorts,
  early?: EarlyBody,
): Promise<End> {
  const startedAt = clock.now();
  // Executions that died (timeout, memory, process.exit) wrote no failure, yet each was a try.
  if (triesOf(record) > retryPolicy(processor.retry).tries)
    return { kind: 'unended', reason: `${ATTEMPTS_SPENT}the last ones never ended` };

  const rawBody = await bodyOf(record, store, early);
  if (!rawBody) return { kind: 'permanent', reason: 'body-missing' };
  if (rawBody === 'corrupt') return { kind: 'permanent', reason: 'body-corrupt' };
  const body = payloadOf(rawBody, form);
  if (body === undefined) return { kind: 'permanent', reason: 'not-json' };

  const finished = () => {
    const doneAt = clock.now();
    return { doneAt, processingMs: Math.max(0, doneAt - startedAt) };
  };
  // Before the schema and the handler, who may change what they are given.
  const occurred = occurredAt && occurredAtOf(body.value, occurredAt);
  const commits = commitsOf(store, fence, finished);
  const abort = new AbortController();
  const context: ProcessorContext = {
    idempotencyKey: `${record.pk}@${record.epoch}`,
    attempt: record.attempt,
    signal: abort.signal,
    log,
    commit: commits.commit,
  };
  let refused: string | undefined;
  try {
    await beforeDeadline(clock, deadline - WIND_DOWN_MS - startedAt, abort, async () => {
      const valid = await validate(processor, body);
      if ('refused' in valid) refused = valid.refused;
      else {
        await settledAfter(commits, () =>
          processor.handler(eventOf(record, valid.payload, rawBody, occurred), context),
        );
      }
    });
  } catch (thrown) {
    const committedMs = commits.committedMs();
    if (committedMs === undefined) {
      const end = endOf(thrown, body.text, clock.now());
      const along = end.kind === 'retryable' && processor.failedAlong?.() === true;
      return { ...end, ...(along && { along }), processingMs: finished().processingMs };
    }
    // What is committed is done, whatever the handler throws afterwards.
    log.warn('the handler threw after its commit', { key: record.pk, reason: reasonOf(thrown, body.text) });
    return { kind: 'done', processingMs: committedMs };
  }
  const committedMs = commits.committedMs();
  if (committedMs !== undefined) return { kind: 'done', processingMs: committedMs };
  const done = finished();
  const { processingMs } = done;
  if (refused !== undefined) return { kind: 'permanent', reason: refused, processingMs };
  if (await store.complete(fence, done)) return { kind: 'done', processingMs };
  return { kind: 'unended', reason: 'lease-lost: another execution took over before this one ended', processingMs };
}

/** A commit that the handler did not wait for decides how its event ends, like any other. */
async function settledAfter(commits: Commits, handle: () => Promise<void> | void): Promise<void> {
  try {
    await handle();
  } catch (thrown) {
    await commits.settled().catch(() => undefined);
    throw thrown;
  }
  await commits.settled();
}

/** What an error of the handler means for its event. */
function endOf(thrown: unknown, body: string, now: number): End {
  const reason = reasonOf(thrown, body);
  if (isA(thrown, PermanentError)) return { kind: 'permanent', reason };
  if (isA(thrown, RetryLater)) {
    const at = retryAfterOf(
      {
        get retryAfter() {
          return thrown.after;
        },
      },
      now,
    );
    // A time that is none is a mistake of the handler, and its event waits as after any other.
    return at === undefined ? { kind: 'retryable', reason } : { kind: 'later', reason, at };
  }
  const notBefore = retryAfterOf(thrown, now);
  return { kind: 'retryable', reason, ...(notBefore !== undefined && { notBefore }) };
}

/** `instanceof` asks the thing itself, and anything can be thrown. */
function isA<T>(thrown: unknown, type: abstract new (...args: never[]) => T): thrown is T {
  try {
    return thrown instanceof type;
  } catch {
    return false;
  }
}

/** Where the record says it is, whatever the message said. */
async function bodyOf(record: EventRecord, store: Store, early: EarlyBody | undefined): ReturnType<Store['getBody']> {
  const at = bodyKey(record);
  if (early?.at !== at) return store.getBody(at, record.bodySha256);
  if (early.read.status === 'rejected') throw early.read.reason;
  return early.read.value;
}

async function validate<Payload>(
  { schema }: RouteOptions<Payload>,
  { value, text }: Said,
): Promise<{ payload: Payload } | { refused: string }> {
  try {
    const result = await schema['~standard'].validate(value);
    return result.issues ? { refused: reasonOfIssues(result.issues, text) } : { payload: result.value };
  } catch (thrown) {
    return { refused: `schema-threw: ${reasonOf(thrown, text)}` };
  }
}

/** Runs `work`, or gives up on it after `ms` with the signal aborted: it may go on, but its fence is lost by then. */
async function beforeDeadline(
  clock: Clock,
  ms: number,
  abort: AbortController,
  work: () => Promise<void>,
): Promise<void> {
  let callOff = () => {};
  const deadline = new Promise<never>((_, reject) => {
    callOff = clock.alarm(ms, () => {
      const error = new Error(`The handler did not end within ${Math.round(ms / 1000)} s.`);
      error.name = 'DeadlineExceeded';
      abort.abort(error);
      reject(error);
    });
  });
  try {
    await Promise.race([work(), deadline]);
  } finally {
    callOff();
  }
}

function eventOf<Payload>(
  record: EventRecord,
  payload: Payload,
  rawBody: Buffer,
  occurredAt: Date | undefined,
): ProcessorEvent<Payload> {
  return {
    ...(record.eventId !== undefined && { id: record.eventId }),
    type: record.type,
    source: record.source,
    ...(record.orderKey !== undefined && { orderKey: record.orderKey }),
    ...(occurredAt && { occurredAt }),
    receivedAt: new Date(record.receivedAt),
    payload,
    rawBody,
  };
}

/** Tries since the message was last moved on or redriven. */
export function triesOf(record: EventRecord): number {
  return record.attempt - (record.movedAttempt ?? 0);
}
