import { mappingMode, opened, UNTOUCHED } from '../../lambdas/core/processing/breaker.ts';
import {
  control,
  type ControlledRoute,
  type Mappings,
  same,
  settingsOf,
} from '../../lambdas/core/processing/control.ts';
import type { Delivery } from '../../lambdas/core/delivery.ts';
import type { Clock, Store } from '../../lambdas/core/ports.ts';
import { answerTo } from '../../lambdas/core/receipt.ts';
import { receive } from '../../lambdas/core/receive.ts';
import { replay } from '../../lambdas/core/replay.ts';
import { sweep } from '../../lambdas/core/sweep.ts';
import { enrolUnclaimed, OLD_ENOUGH_MS, OVERLAP_MS } from '../../lambdas/core/watch.ts';
import { NOON } from '../support/gateway-in-memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryBreakers } from '../support/memory/breakers.ts';
import type { MemoryStore } from '../support/memory/store.ts';
import { MemoryWatch } from '../support/memory/watch.ts';
import type { Configuration } from './configurations.ts';
import { Consumers } from './consumers.ts';
import { deliveriesOf, endpointOf, FORGED, ONCE, SOURCES } from './deliveries.ts';
import type { Run } from './drive.ts';
import { faultyBreakers, faultyQueue, FaultyStore, faultyWatch } from './faulty.ts';
import { type History, judge, type Verdict, watchedStore } from './history.ts';
import { type Mutant, withWrong } from './mutants.ts';
import { Queues } from './queues.ts';
import { type Actor, type FaultFor, Scheduler } from './scheduler.ts';
import { Sandboxes } from './sandboxes.ts';

export interface RunOptions {
  readonly configuration: Configuration;
  readonly random: () => number;
  readonly faultFor: FaultFor;
  readonly mutant?: Mutant | undefined;
  readonly trace?: (line: string) => void;
}

export interface RunResult extends Verdict {
  readonly faulted: readonly string[];
}

/** A provider gives up after these; all within the window of one signature, so that it need not sign anew. */
const RETRY_WAITS_MS = [5_000, 30_000, 60_000, 60_000];
/** More than any schedule needs: a run that is not quiet by then never will be. */
const MOST_STEPS = 3_000;
/** A day less than the parked queue keeps a message. */
const PARKED_FOR_MS = 13 * 24 * 60 * 60_000;
/** How long the queue refuses where it does. */
const UNQUEUED_MS = 10_000;
/** When a person replays, and whether with force. */
const REPLAYS_AT: readonly (readonly [atMs: number, force: boolean])[] = [
  [500, false],
  [1_000, true],
  [10 * 60_000, true],
  [10 * 60_000 + 500, false],
];
/** Between the first deliveries and the provider's second try of what was signed with the new secret too early. */
const ROTATION_MS = { begins: 1_000, ends: 3_000 } as const;
const CONTROL_EVERY_MS = 60_000;
const MAPPING = { mappings: ['mapping'], maximumConcurrency: 5 } as const;
const ROUTES = new Set(SOURCES.map(({ name }) => `${name}/route`));

/** Runs one schedule to its end and judges what happened. */
export function* run(options: RunOptions): Run<RunResult> {
  const world = new World(options);
  const stuck = yield* world.run();
  const { faulted } = world.scheduler;
  const windowOpened = faulted.some((fault) => /^(effect|complete)#|=stall$/.test(fault));
  return { ...judge(world.history, options.configuration.effect, windowOpened, stuck), faulted };
}

class World {
  readonly clock = new ManualClock(NOON);
  readonly history: History = { answers: [], effects: [], illegal: [], burned: [], replayed: [] };
  readonly scheduler: Scheduler;
  readonly #store: MemoryStore = watchedStore(this.history);
  readonly #watch = new MemoryWatch(this.#store);
  /** The store as the code under test meets it. */
  readonly #inner: Store;
  readonly #queues: Queues;
  readonly #breakers = new MemoryBreakers();
  readonly #sandboxes: Sandboxes;
  readonly #consumers: Consumers;
  readonly #options: RunOptions;
  readonly #configuration: Configuration;
  readonly #route: ControlledRoute;
  #mapping = settingsOf('configured', MAPPING);
  #nextTick = NOON;
  #actors = 0;
  #calm = false;

  constructor(options: RunOptions) {
    const { configuration, random, trace, mutant } = options;
    this.#options = options;
    this.#configuration = configuration;
    this.#route = { route: `${configuration.provider}/route`, ...MAPPING };
    const faultFor: FaultFor = (site, count) => (this.#calm ? undefined : options.faultFor(site, count));
    this.scheduler = new Scheduler({ clock: this.clock, random, faultFor, ...(trace && { trace }) });
    this.#sandboxes = new Sandboxes(this.scheduler, configuration.rotates === true);
    this.#inner = mutant?.store?.(this.#store) ?? this.#store;
    this.#queues = new Queues(this.clock, {
      burned: (message) => this.history.burned.push(message),
      moving: () => this.scheduler.faultAt(this.#actor('queue'), 'move'),
    });
    this.#consumers = new Consumers({
      ...options,
      scheduler: this.scheduler,
      clock: this.clock,
      store: this.#inner,
      queues: this.#queues,
      breakers: this.#breakers,
      route: this.#route.route,
      newActor: (name) => this.#actor(name),
      isCalm: () => this.#calm,
      effect: (key) => this.#effect(key),
    });
    if (configuration.outage) this.#breakers.rows.set(this.#route.route, opened(UNTOUCHED, NOON, 'others'));
    const setItem = this.#store.items.set.bind(this.#store.items);
    this.#store.items.set = (name, item) => {
      if (typeof item.id === 'string') this.#effect(item.id);
      return setItem(name, item);
    };
  }

  /** Returns why it did not come to rest, if so. */
  *run(): Run<string | undefined> {
    const { provider, replays, rotates } = this.#configuration;
    for (const delivery of deliveriesOf(this.#configuration)) {
      this.#deliver(delivery, provider === 'scalekit' ? 0 : Infinity, false);
    }
    // One schedule in eight has a forger; his deliveries can't change the others' orders.
    if (this.#options.random() < 0.125) this.#deliver(FORGED[provider], Infinity, true);
    if (replays) for (const [at, force] of REPLAYS_AT) this.clock.alarm(at, () => void this.#replay(force));
    if (rotates) {
      this.clock.alarm(ROTATION_MS.begins, () => this.#sandboxes.beginRotation(this.clock.now()));
      this.clock.alarm(ROTATION_MS.ends, () => this.#sandboxes.finishRotation());
    }
    yield;
    if (!(yield* this.#quiet())) return 'it never came to rest';
    if (!this.#mapping.enabled) return 'the mapping was left disabled';
    // What is parked waits for a person: here is one, and nothing fails any more.
    this.#calm = true;
    this.clock.advance(PARKED_FOR_MS);
    this.#store.expire(this.clock.now());
    if (this.#queues.redrive() > 0 && !(yield* this.#quiet())) return 'it never came to rest after the redrive';
    return undefined;
  }

  /** Steps until nothing is left to do now or later. */
  *#quiet(): Run<boolean> {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      if (this.#mapping.enabled && this.#consumers.takeVisible()) yield;
      if (!this.scheduler.idle) {
        this.scheduler.step();
        yield;
        continue;
      }
      const next = this.#nextMoment();
      if (next === undefined) return true;
      this.clock.advance(Math.max(0, next - this.clock.now()));
      yield;
    }
    return false;
  }

  #nextMoment(): number | undefined {
    let next = this.clock.nextAlarm() ?? Infinity;
    if (this.#mapping.enabled) next = Math.min(next, this.#queues.nextVisible() ?? Infinity);
    next = Math.min(next, this.#nextSweep(), this.#nextControl());
    return next === Infinity ? undefined : next;
  }

  /** The sweeper runs when something is due; its minute is not simulated where nothing would happen. */
  #nextSweep(): number {
    if (this.#options.mutant?.noSweeper) return Infinity;
    let next = Infinity;
    for (const { pk, source, outboxAt, receivedAt } of this.#store.records.values()) {
      if (outboxAt === undefined) continue;
      if (this.#store.outbox.has(pk)) next = Math.min(next, outboxAt);
      else if (receivedAt >= (this.#watch.noted.get(source) ?? 0) - OVERLAP_MS && this.#watch.isUnclaimed(pk))
        next = Math.min(next, receivedAt + OLD_ENOUGH_MS);
    }
    if (next === Infinity) return next;
    if (next <= this.clock.now()) this.#sweep();
    return Math.max(next, this.clock.now() + 1);
  }

  #sweep(): void {
    // A sweeper whose clock is slow finds nothing yet; the next one does.
    const actor: Actor = { ...this.#actor('sweeper'), clock: this.clock };
    const store = new FaultyStore(this.#inner, actor, this.scheduler);
    const queue = faultyQueue(({ body }) => this.#send(body), actor, this.scheduler, 'sweep-send');
    enrolUnclaimed(faultyWatch(this.#watch, actor, this.scheduler), ONCE, actor.clock)
      .finally(() => sweep({ store, queue: this.#planted(queue), clock: actor.clock }))
      .catch(() => undefined);
  }

  /** The controller's minute is simulated where it finds something to do. */
  #nextControl(): number {
    if (!this.#configuration.outage) return Infinity;
    const breaker = this.#breakers.rows.get(this.#route.route) ?? UNTOUCHED;
    const now = this.clock.now();
    const inOrder = (at: number) => same(this.#mapping, settingsOf(mappingMode(breaker, at), MAPPING));
    let at = Math.max(now, this.#nextTick);
    if (inOrder(at)) at = Math.max(at, breaker.openUntil);
    if (inOrder(at)) return Infinity;
    if (at > now) return at;
    this.#nextTick = now + CONTROL_EVERY_MS;
    this.#control();
    return now + 1;
  }

  #control(): void {
    const actor = this.#actor('controller');
    const breakers = faultyBreakers(this.#breakers, actor, this.scheduler, true);
    const mappings: Mappings = {
      read: () => Promise.resolve(this.#mapping),
      update: (_, settings) =>
        this.scheduler.call(actor, 'mapping-update', () => {
          this.#mapping = settings;
          return Promise.resolve();
        }),
    };
    void control([this.#route], { mappings, breakers, clock: actor.clock, report: () => undefined });
  }

  /** A person at the command line, who tries once more when it fails. */
  async #replay(force: boolean, tries = 0): Promise<void> {
    const actor = this.#actor('operator');
    const store = new FaultyStore(this.#inner, actor, this.scheduler);
    const queue = faultyQueue(({ body }) => this.#send(body), actor, this.scheduler, 'replay-send');
    const [pk = ''] = this.#store.records.keys();
    try {
      await replay(await store.get(pk), force, { store, queue, clock: actor.clock, routes: ROUTES });
    } catch {
      if (tries === 0) this.clock.alarm(10_000, () => void this.#replay(force, 1));
    }
  }

  #actor(name: string): Actor {
    const number = ++this.#actors;
    return { name: `${name}-${number}`, alive: true, clock: this.#clockOf(number) };
  }

  /** One sandbox in three is right, one is fast, one slow. */
  #clockOf(number: number): Clock {
    const skewMs = (this.#configuration.skewMs ?? 0) * ((number % 3) - 1);
    if (skewMs === 0) return this.clock;
    return { now: () => this.clock.now() + skewMs, alarm: (ms, ring) => this.clock.alarm(ms, ring) };
  }

  #deliver(delivery: Delivery, attempt: number, forged: boolean): void {
    const actor = this.#actor(forged ? 'forger' : 'delivery');
    const event = forged ? 'forged' : 'event';
    const { provider, unqueued, unnoted } = this.#configuration;
    const endpoint = endpointOf(provider);
    const sandbox = this.#sandboxes.take(actor, endpoint);
    let answered = false;
    const answer = (status: number) => {
      if (answered) return;
      answered = true;
      callOff();
      this.history.answers.push({ event, status, forged });
      const wait = status < 300 ? undefined : RETRY_WAITS_MS[attempt];
      if (wait !== undefined) this.clock.alarm(wait, () => this.#deliver(delivery, attempt + 1, forged));
    };
    // What dies gives no answer; the provider takes its own time-out for one.
    const callOff = this.clock.alarm(10_000, () => answer(504));
    const { mutant } = this.#options;
    const refused = () => unqueued === true && this.clock.now() < NOON + UNQUEUED_MS;
    const setOutbox: Store['setOutbox'] = (pk, at) =>
      refused() ? Promise.reject(new Error('DynamoDB is down')) : this.#inner.setOutbox(pk, at);
    const queue = faultyQueue(
      ({ body }) => (refused() ? Promise.reject(new Error('SQS is down')) : this.#send(body)),
      actor,
      this.scheduler,
      'send',
    );
    if (mutant?.acknowledgeFirst && !forged) answer(202);
    receive({ ...delivery, receivedAt: actor.clock.now() }, mutant?.endpoint?.(endpoint) ?? endpoint, {
      store: new FaultyStore(unnoted ? withWrong(this.#inner, { setOutbox }) : this.#inner, actor, this.scheduler),
      queue: this.#planted(queue),
      clock: actor.clock,
      secrets: sandbox.secrets,
    }).then(
      (receipt) => {
        this.#sandboxes.giveBack(sandbox);
        answer(answerTo(receipt, { status: 202 }, 1).status);
      },
      () => {
        this.#sandboxes.giveBack(sandbox);
        answer(503);
      },
    );
  }

  #planted(queue: ReturnType<typeof faultyQueue>): ReturnType<typeof faultyQueue> {
    return this.#options.mutant?.queue?.(queue, this.#store) ?? queue;
  }

  #send(body: string): Promise<void> {
    this.#queues.send(body);
    return Promise.resolve();
  }

  #effect(key: string): void {
    this.history.effects.push({ event: key.includes('forged') ? 'forged' : 'event', key });
  }
}
