import { opened, UNTOUCHED } from '../../lambdas/core/processing/breaker.ts';
import { type ControlledRoute, settingsOf } from '../../lambdas/core/processing/control.ts';
import type { Clock, Queue, Store } from '../../lambdas/core/ports.ts';
import { NOON } from '../support/gateway-in-memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryBreakers } from '../support/memory/breakers.ts';
import type { Configuration } from './configurations.ts';
import { FaultyQueue, FaultyStore } from './faulty.ts';
import type { History } from './history.ts';
import { type Mutant, withWrong } from './mutants.ts';
import { mistakenCopy } from './persons.ts';
import { Queues } from './queues.ts';
import { RecordLife } from './record-life.ts';
import { type Actor, type Befallen, type FaultFor, Scheduler } from './scheduler.ts';

export interface RunOptions {
  readonly configuration: Configuration;
  readonly random: () => number;
  readonly faultFor: FaultFor;
  readonly mutant?: Mutant | undefined;
  readonly trace?: ((line: string) => void) | undefined;
}

const MAPPING = { mappings: ['mapping'], maximumConcurrency: 5 } as const;
/** How long the queue refuses where it does. */
const UNQUEUED_MS = 10_000;
const NOTHING: readonly Befallen[] = [];

/** Everything that the gateway's functions share in one schedule, and what they do to it. */
export class Gateway {
  readonly configuration: Configuration;
  readonly mutant: Mutant | undefined;
  readonly random: () => number;
  readonly clock = new ManualClock(NOON);
  readonly history: History = { answers: [], effects: [], replayed: [], illegal: [], burned: [] };
  readonly life = new RecordLife(this.history, this.clock);
  readonly scheduler: Scheduler;
  readonly queues: Queues;
  readonly breakers = new MemoryBreakers();
  mapping = settingsOf('configured', MAPPING);
  readonly route: ControlledRoute;
  readonly #inner: Store;
  #intrudes: boolean;
  readonly #queued: ((queue: Queue) => Queue) | undefined;
  #actors = 0;

  constructor({ configuration, mutant, random, faultFor, trace }: RunOptions) {
    this.configuration = configuration;
    this.route = { route: `${configuration.provider}/route`, ...MAPPING };
    this.mutant = mutant;
    this.#intrudes = configuration.intruder === true;
    this.random = random;
    this.scheduler = new Scheduler({ clock: this.clock, random, faultFor, trace });
    this.queues = new Queues(this.clock, {
      burned: (message) => this.history.burned.push(message),
      moving: () => this.scheduler.faultAt(this.newActor('queue'), 'move'),
    });
    const { store } = this.life;
    const planted = mutant?.plant?.(store);
    const setOutbox: Store['setOutbox'] = (pk, at) =>
      this.#isDown() ? Promise.reject(new Error('DynamoDB is down')) : store.setOutbox(pk, at);
    const wrong = { ...(configuration.unnoted && { setOutbox }), ...planted?.store };
    this.#inner = Object.keys(wrong).length > 0 ? withWrong(store, wrong) : store;
    this.#queued = planted?.queue;
    if (configuration.outage) this.breakers.rows.set(this.route.route, opened(UNTOUCHED, NOON, 'others'));
    const setItem = store.items.set.bind(store.items);
    store.items.set = (name, item) => {
      if (typeof item.id === 'string') this.history.effects.push({ key: item.id });
      return setItem(name, item);
    };
  }

  newActor(name: string): Actor {
    const number = ++this.#actors;
    return { name: `${name}-${number}`, alive: true, clock: this.#clockOf(number), befell: NOTHING };
  }

  /** One sandbox in three is right, one is fast, one slow. */
  #clockOf(number: number): Clock {
    const skewMs = (this.configuration.skewMs ?? 0) * ((number % 3) - 1);
    if (skewMs === 0) return this.clock;
    return { now: () => this.clock.now() + skewMs, alarm: (ms, ring) => this.clock.alarm(ms, ring) };
  }

  /** The table as an actor of the code under test meets it. */
  storeOf(actor: Actor, hop?: 'main' | 'dead'): Store {
    const { life, scheduler } = this;
    return new FaultyStore({ inner: this.#inner, life, scheduler, actor, ...(hop && { hop }) });
  }

  queueOf(actor: Actor, site: 'send' | 'sweep-send' | 'replay-send'): Queue {
    const queue = new FaultyQueue((body) => this.#send(body, site), actor, this.scheduler, site);
    return this.#queued?.(queue) ?? queue;
  }

  #isDown(): boolean {
    return this.configuration.unqueued === true && this.clock.now() < NOON + UNQUEUED_MS;
  }

  #send(body: string, site: 'send' | 'sweep-send' | 'replay-send'): Promise<void> {
    if (site === 'send' && this.#isDown()) return Promise.reject(new Error('SQS is down'));
    if (this.#intrudes) this.queues.send(mistakenCopy(body, this.configuration.copies === 1 ? 'payload' : 'epoch'));
    this.#intrudes = false;
    this.queues.send(body);
    return Promise.resolve();
  }
}
