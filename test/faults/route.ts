import { inBulk, type Member } from '../../lambdas/core/processing/bulk.ts';
import { Circuit } from '../../lambdas/core/processing/circuit.ts';
import { type ConsumePorts, type QueuedMessage, take } from '../../lambdas/core/processing/consume.ts';
import { takeInOrder } from '../../lambdas/core/processing/in-order.ts';
import { encodeMessage } from '../../lambdas/core/message.ts';
import type { Store } from '../../lambdas/core/ports.ts';
import type { Processor } from '../../lambdas/core/processor.ts';
import { ownerOf } from '../../lambdas/core/processing/place.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import { BATCH_SIZE, isLastReceive, policyOf, RETENTION_DAYS } from '../../lambdas/core/processing/retry.ts';
import { type Job, type Ran, supervise, type Thread, type Verdict } from '../../lambdas/core/processing/supervise.ts';
import { DEFAULT_TIMEOUT, executionTime } from '../../lambdas/core/processing/timeout.ts';
import { NOON } from '../support/gateway-in-memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryBreakers } from '../support/memory/breakers.ts';
import { MemoryStore } from '../support/memory/store.ts';
import { type Hop, type QueueMessage, Queues } from './queues.ts';
import { seeded } from './random.ts';

interface Handed {
  readonly messageId: string;
  readonly message: QueueMessage;
}

/**
 * What a processor is made of here: whoever calls `die` ends the thread that it runs in, as process.exit does; whoever
 * calls `kill` ends the whole process, as a native crash does.
 */
export type Handlers = (die: () => void, kill: () => void) => Processor;

/** Of one execution environment. */
interface Process {
  lives: boolean;
  end: () => void;
}

const ROUTE = 'inkress/route';
const AT_ONCE = { main: 5, dead: 2 } as const;
const HANDLER_MS = DEFAULT_TIMEOUT * 1000;
/** A batch, from its receive to its end. */
const BATCH_MS = 100;
const BODY_SHA256 = 'a'.repeat(64);

/** One route with its queues, and the real code of its function down to the threads, on a clock that is moved by hand. */
export class Route {
  readonly clock = new ManualClock(NOON);
  readonly store = new MemoryStore();
  readonly breakers = new MemoryBreakers();
  readonly queues = new Queues(this.clock);
  /** How often each event took effect: `commit` of a row with its id. */
  readonly effects = new Map<string, number>();
  /** Messages that lay in a queue for longer than it keeps them. */
  readonly forgotten: string[] = [];
  /** Events whose process died in the last receive that their message had: nobody came to say how they ended. */
  readonly died = new Set<string>();
  readonly #random: () => number;
  readonly #handlers: Handlers;
  /** The queues that have an event source mapping, and the one where a person finds what is parked. */
  readonly #read: readonly ('main' | 'dead')[];
  readonly #ordered: boolean;
  #invocations = 0;

  constructor(handlers: Handlers, seed = 1) {
    const setItem = this.store.items.set.bind(this.store.items);
    this.store.items.set = (name, item) => {
      const id = typeof item.id === 'string' ? item.id : '';
      this.effects.set(id, (this.effects.get(id) ?? 0) + 1);
      return setItem(name, item);
    };
    this.#random = seeded(seed);
    this.#handlers = handlers;
    const { retry, ordered } = handlers(
      () => undefined,
      () => undefined,
    );
    this.#ordered = ordered !== undefined;
    this.#read = policyOf({ ...(retry && { retry }), ...(ordered && { ordered }) }).deadLetters
      ? ['main', 'dead']
      : ['main'];
  }

  get waitsIn(): Hop {
    return this.#read.includes('dead') ? 'parked' : 'dead';
  }

  records(): EventRecord[] {
    return [...this.store.records.values()];
  }

  add(id: string, group?: string): void {
    const pk = `inkress#${id}`;
    this.store.records.set(pk, {
      v: 1,
      pk,
      status: 'RECEIVED',
      source: 'inkress',
      eventId: id,
      type: 'trial',
      route: 'route',
      ...(group !== undefined && { orderKey: group }),
      bodySha256: BODY_SHA256,
      bodyBytes: 2,
      receivedAt: this.clock.now(),
      epoch: 0,
      attempt: 0,
      expiresAt: NOON / 1000 + 30 * 24 * 60 * 60,
    });
    void this.store.putBody(pk, { sha256: BODY_SHA256, bytes: Buffer.from('{}'), expiresAt: Infinity });
    this.queues.send(encodeMessage({ pk, epoch: 0, bodySha256: BODY_SHA256 }), group);
  }

  /** Runs until every message is gone or waits for a person. */
  async untilQuiet(): Promise<void> {
    const circuits = Array.from(
      { length: AT_ONCE.main + AT_ONCE.dead },
      () => new Circuit({ route: ROUTE, breakers: this.breakers, clock: this.clock, runsMs: HANDLER_MS }),
    );
    for (;;) {
      const free = [...circuits];
      const invocations: Promise<void>[] = [];
      for (const hop of this.#read) {
        for (let running = 0; running < AT_ONCE[hop]; running++) {
          const batch = this.#batch(hop);
          const circuit = batch.length > 0 ? free.pop() : undefined;
          if (!circuit) break;
          invocations.push(this.#invoke(hop, batch, circuit));
        }
      }
      await this.#ended(invocations);
      const next = invocations.length > 0 ? this.clock.now() + BATCH_MS : this.queues.nextVisible(this.#read);
      if (next === undefined) return;
      this.clock.advance(Math.max(1, next - this.clock.now()));
    }
  }

  /** What a handler waits for in vain passes as time does. */
  async #ended(invocations: readonly Promise<void>[]): Promise<void> {
    let open = true;
    void Promise.all(invocations).then(() => (open = false));
    for (;;) {
      await new Promise(setImmediate);
      if (!open) return;
      const alarm = this.clock.nextAlarm();
      if (alarm === undefined) throw new Error('An invocation waits for nothing.');
      this.clock.advance(alarm - this.clock.now());
    }
  }

  #batch(hop: 'main' | 'dead'): QueueMessage[] {
    if (this.#ordered) return this.queues.batch(BATCH_SIZE);
    const batch: QueueMessage[] = [];
    for (let message = this.queues.visible([hop]); message; message = this.queues.visible([hop])) {
      this.queues.receive(message);
      batch.push(message);
      if (batch.length === BATCH_SIZE) break;
    }
    return batch;
  }

  async #invoke(hop: 'main' | 'dead', batch: readonly QueueMessage[], circuit: Circuit): Promise<void> {
    const now = this.clock.now();
    for (const { body, sentAt } of batch) {
      if (now - sentAt > RETENTION_DAYS[hop] * 24 * 60 * 60_000) this.forgotten.push(body);
    }
    const messages = batch.map((message): Handed => ({ messageId: String(message.id), message }));
    const process = { lives: true, end: () => {} };
    const death = new Promise<'dead'>((resolve) => {
      process.end = () => {
        process.lives = false;
        resolve('dead');
      };
    });
    const thread: Thread<Handed> = { run: (job) => this.#run(hop, job, circuit, process), end: () => undefined };
    const work = supervise(messages, {
      invocation: `invocation-${++this.#invocations}`,
      deadline: now + executionTime(HANDLER_MS, this.#ordered),
      noteMs: 3_000,
      now: () => this.clock.now(),
      unitOf: ({ messageId, message }) => message.group ?? messageId,
      standing: thread,
      fresh: () => thread,
    });
    const taken = await Promise.race([work, death]);
    // Lambda deletes nothing of a batch that is not answered for.
    if (taken === 'dead') {
      for (const { receives, body } of batch) if (this.#isLastOfAll(hop, receives)) this.died.add(pkOf(body));
      return;
    }
    for (const { messageId, message } of messages) if (taken.get(messageId) === 'taken') this.queues.delete(message);
  }

  #isLastOfAll(hop: 'main' | 'dead', receives: number): boolean {
    return hop === this.#read.at(-1) && isLastReceive(hop, receives, this.#ordered);
  }

  /** A thread does a job, or dies of it. */
  async #run(hop: 'main' | 'dead', job: Job<Handed>, circuit: Circuit, process: Process): Promise<Ran> {
    const verdicts: (Verdict | undefined)[] = job.messages.map(() => undefined);
    let threadLives = true;
    const lives = () => threadLives && process.lives;
    let die = () => {};
    const death = new Promise<'dead'>((resolve) => {
      die = () => {
        threadLives = false;
        resolve('dead');
      };
    });
    const ports: ConsumePorts = {
      store: mortal(this.store, lives),
      clock: this.clock,
      random: this.#random,
      circuit,
      log: { info: () => undefined, warn: () => undefined },
    };
    const settle = (at: number, verdict: Verdict) => void (lives() && (verdicts[at] = verdict));
    const work = this.#serve(this.#handlers(die, process.end), hop, job, ports, settle, lives);
    return (await Promise.race([work, death])) === 'dead' ? { verdicts: [...verdicts], lost: 'it died' } : { verdicts };
  }

  /** As `lambdas/processor.ts` does. */
  async #serve(
    processor: Processor,
    hop: 'main' | 'dead',
    job: Job<Handed>,
    ports: ConsumePorts,
    settle: (at: number, verdict: Verdict) => void,
    lives: () => boolean,
  ): Promise<void> {
    const queued = job.messages.map(({ messageId, message }, at) => ({
      ...queuedOf(hop, job, messageId, message, at),
      message,
      at,
    }));
    const returnAfter = (message: QueueMessage, seconds: number) =>
      Promise.resolve(void (lives() && (message.visibleAt = this.clock.now() + seconds * 1000)));
    if (this.#ordered && processor.handler) {
      const groups = [...Map.groupBy(queued, ({ message }) => message.group).values()];
      const inOrder = {
        ...ports,
        report: () => undefined,
        failed: (_: unknown, error: unknown) => {
          throw error;
        },
        returnAfter: ({ message }: { message: QueueMessage }, seconds: number) => returnAfter(message, seconds),
        settle: ({ at }: { at: number }, verdict: Verdict) => settle(at, verdict),
      };
      await Promise.all(groups.map((group) => takeInOrder(processor, group, HANDLER_MS, inOrder)));
      return;
    }
    const memberOf: () => Member<unknown> = processor.handleBatch
      ? inBulk(processor, queued.length, ports)
      : () => ({ processor: processor, leave: () => undefined });
    const members = queued.map(memberOf);
    await Promise.all(
      queued.map(async ({ message, at, ...one }) => {
        const member = members[at];
        if (!member) return;
        const verdict = await take(member.processor, one, { ...ports, report: () => undefined }, (seconds) =>
          returnAfter(message, seconds),
        ).finally(member.leave);
        settle(at, verdict);
      }),
    );
  }
}

function queuedOf(
  hop: 'main' | 'dead',
  { invocation, deadline, place, cutShort }: Job<Handed>,
  messageId: string,
  { body, sentAt, receives, group }: QueueMessage,
  at: number,
): QueuedMessage {
  const how = cutShort?.[at];
  return {
    body,
    sentAt,
    hop,
    receives,
    ordered: group !== undefined,
    owner: ownerOf(invocation, messageId, place),
    deadline,
    place,
    ...(how !== undefined && { cutShort: how }),
  };
}

/** None of a dead thread's calls comes through. */
function mortal(store: MemoryStore, lives: () => boolean): Store {
  const alive = <T>(call: () => Promise<T>): Promise<T> => (lives() ? call() : new Promise<T>(() => undefined));
  return Object.assign(Object.create(store) as Store, {
    claim: (...args: Parameters<Store['claim']>) => alive(() => store.claim(...args)),
    getBody: (...args: Parameters<Store['getBody']>) => alive(() => store.getBody(...args)),
    complete: (...args: Parameters<Store['complete']>) => alive(() => store.complete(...args)),
    commit: (...args: Parameters<Store['commit']>) => alive(() => store.commit(...args)),
    fail: (...args: Parameters<Store['fail']>) => alive(() => store.fail(...args)),
    park: (...args: Parameters<Store['park']>) => alive(() => store.park(...args)),
  });
}

export function pkOf(body: string): string {
  return (JSON.parse(body) as { readonly pk: string }).pk;
}
