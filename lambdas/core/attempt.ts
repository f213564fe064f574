import type { Clock, Fence, Store } from './ports.ts';
import {
  PermanentError,
  type Processor,
  type ProcessorContext,
  type ProcessorEvent,
  type ProcessorLog,
} from './processor.ts';
import { reasonOf, reasonOfIssues } from './reason.ts';
import type { EventRecord } from './record.ts';
import { TRIES_PER_HOP } from './retry.ts';

/** A handler is told to stop, and given up, this long before the function is killed: enough to write FAILED. */
const WIND_DOWN_MS = 1_000;

/**
 * How an attempt ended. `permanent`: trying again cannot help. `retryable`: what the handler needs failed. `unended`: this
 * or an earlier attempt was cut short, which says nothing of what the handler needs.
 */
export type End =
  | { readonly kind: 'done'; readonly processingMs: number }
  | { readonly kind: 'permanent' | 'retryable' | 'unended'; readonly reason: string };

export interface AttemptPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: ProcessorLog;
}

/** Runs the handler once for a claimed event: payload, schema, handler, DONE. */
export async function attempt<Payload>(
  processor: Processor<Payload>,
  record: EventRecord,
  fence: Fence,
  deadline: number,
  { store, clock, log }: AttemptPorts,
): Promise<End> {
  const startedAt = clock.now();
  // Executions that died (timeout, memory, process.exit) wrote no failure, yet each was a try.
  if (triesOf(record) > TRIES_PER_HOP) return { kind: 'unended', reason: 'attempts-spent: the last ones never ended' };

  const rawBody = await store.getBody(record.pk, record.bodySha256);
  if (!rawBody) return { kind: 'permanent', reason: 'body-missing' };
  if (rawBody === 'corrupt') return { kind: 'permanent', reason: 'body-corrupt' };
  const parsed = await validate(processor, rawBody);
  if ('reason' in parsed) return { kind: 'permanent', reason: parsed.reason };

  const finished = () => {
    const doneAt = clock.now();
    return { doneAt, processingMs: Math.max(0, doneAt - startedAt) };
  };
  let committedMs: number | undefined;
  const abort = new AbortController();
  const context: ProcessorContext = {
    idempotencyKey: `${record.pk}@${record.epoch}`,
    attempt: record.attempt,
    signal: abort.signal,
    log,
    commit: async (writes) => {
      const done = finished();
      const answer = await store.commit(fence, writes, done);
      if (answer === 'fence-lost') throw new Error('Another execution holds this event now; nothing was written.');
      if (answer === 'committed') committedMs = done.processingMs;
      return answer;
    },
  };
  try {
    await beforeDeadline(clock, deadline - WIND_DOWN_MS - startedAt, abort, async () =>
      processor.handler(eventOf(record, parsed.payload, rawBody), context),
    );
  } catch (thrown) {
    // What is committed is done, whatever the handler throws afterwards.
    if (committedMs !== undefined) return { kind: 'done', processingMs: committedMs };
    return { kind: thrown instanceof PermanentError ? 'permanent' : 'retryable', reason: reasonOf(thrown) };
  }
  if (committedMs !== undefined) return { kind: 'done', processingMs: committedMs };
  const done = finished();
  if (await store.complete(fence, done)) return { kind: 'done', processingMs: done.processingMs };
  return { kind: 'unended', reason: 'lease-lost: another execution took over before this one ended' };
}

async function validate<Payload>(
  processor: Processor<Payload>,
  rawBody: Buffer,
): Promise<{ payload: Payload } | { reason: string }> {
  let value: unknown;
  try {
    value = JSON.parse(rawBody.toString('utf8'));
  } catch {
    return { reason: 'not-json' };
  }
  try {
    const result = await processor.schema['~standard'].validate(value);
    return result.issues ? { reason: reasonOfIssues(result.issues) } : { payload: result.value };
  } catch (thrown) {
    return { reason: `schema-threw: ${reasonOf(thrown)}` };
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

function eventOf<Payload>(record: EventRecord, payload: Payload, rawBody: Buffer): ProcessorEvent<Payload> {
  return {
    ...(record.eventId !== undefined && { id: record.eventId }),
    type: record.type,
    source: record.source,
    ...(record.orderKey !== undefined && { orderKey: record.orderKey }),
    receivedAt: new Date(record.receivedAt),
    payload,
    rawBody,
  };
}

/** Tries since the message was last moved on or redriven. */
export function triesOf(record: EventRecord): number {
  return record.attempt - (record.movedAttempt ?? 0);
}
