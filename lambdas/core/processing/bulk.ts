import type { OneByOneProcessor } from './attempt.ts';
import type { Clock } from '../ports.ts';
import type {
  BatchEvent,
  EventOutcome,
  InBulk,
  ProcessorContext,
  ProcessorEvent,
  ProcessorLog,
  RouteOptions,
} from '../processor.ts';

/** The events of a batch wait this long for each other: none for ever for one whose payload does not come. */
const GATHER_MS = 2_000;

interface Waiting<Payload> {
  readonly event: BatchEvent<Payload>;
  readonly signal: AbortSignal;
  readonly settle: (outcome: unknown) => void;
  readonly fail: (thrown: unknown) => void;
  /** Another event of the call counts as its failure. */
  readonly failAlong: () => void;
}

/** One message of a batch, for a processor that handles in bulk. */
export interface Member<Payload> {
  /** The processor as this message alone meets it. */
  readonly processor: OneByOneProcessor<Payload>;
  /** This message has ended, whether or not it came to the handler: the others need not wait for it. */
  readonly leave: () => void;
}

/**
 * Makes one `handleBatch` of the handlers of a batch's messages. Each is still claimed, ended and retried by itself, and
 * meets an ordinary handler, which waits until every other message of the batch is there or has ended without one.
 * An event that failed before is handled by itself: if it was what made a whole batch throw, it does so alone. A call that
 * throws fails all of its events, and is one failure of what is behind it.
 *
 * @returns gives each message of the batch its part
 */
export function inBulk<Payload>(
  options: RouteOptions<Payload> & InBulk<Payload>,
  messages: number,
  { clock, log }: { readonly clock: Clock; readonly log: ProcessorLog },
): () => Member<Payload> {
  const { handleBatch, handler: _, ...route } = options;
  let awaited = messages;
  let waiting: Waiting<Payload>[] = [];
  let callOff = () => {};

  async function run(batch: readonly Waiting<Payload>[]): Promise<void> {
    // Whoever was given up meanwhile is tried again, and must not be run by two.
    const live = batch.filter(({ signal }) => !signal.aborted);
    if (live.length === 0) return;
    try {
      const signal = AbortSignal.any(live.map((entry) => entry.signal));
      const outcomes: unknown = await handleBatch(
        live.map(({ event }) => event),
        { signal, log },
      );
      if (outcomes === undefined) for (const { settle } of live) settle('done');
      else if (!Array.isArray(outcomes) || outcomes.length !== live.length) {
        throw new Error(`handleBatch did not return an outcome for each of its ${live.length} events`);
      } else for (const [at, { settle }] of live.entries()) settle(outcomes[at]);
    } catch (thrown) {
      for (const { failAlong } of live.slice(1)) failAlong();
      for (const { fail } of live) fail(thrown);
    }
  }

  function go(): void {
    callOff();
    const batch = waiting;
    waiting = [];
    void run(batch);
  }

  return () => {
    let arrived = false;
    let along = false;
    const arrive = () => {
      if (arrived) return;
      arrived = true;
      awaited -= 1;
      if (awaited <= 0 && waiting.length > 0) go();
    };
    const handler = (event: ProcessorEvent<Payload>, context: ProcessorContext): Promise<void> =>
      new Promise((resolve, reject) => {
        const { idempotencyKey, attempt, commit, signal } = context;
        const entry: Waiting<Payload> = {
          event: { ...event, idempotencyKey, attempt, commit },
          signal,
          settle: (outcome) => (outcome === 'done' ? resolve() : reject(errorOf(outcome))),
          fail: reject,
          failAlong: () => (along = true),
        };
        if (attempt > 1) void run([entry]);
        else {
          waiting.push(entry);
          if (waiting.length === 1) callOff = clock.alarm(GATHER_MS, go);
        }
        arrive();
      });
    return { processor: { ...route, handler, failedAlong: () => along }, leave: arrive };
  };
}

/** Rejected with anything but an Error, the reason would not name the handler's mistake. */
function errorOf(outcome: unknown): Exclude<EventOutcome, 'done'> {
  try {
    if (outcome instanceof Error) return outcome;
  } catch {
    // A thing that can't even be asked what it is.
  }
  return new Error("handleBatch returned neither 'done' nor an error for this event");
}
