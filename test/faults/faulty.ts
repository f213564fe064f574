import type { Breakers, Queue, SecretStore, Store, Watch } from '../../lambdas/core/ports.ts';
import type { Site } from './fault.ts';
import type { Actor, Scheduler } from './scheduler.ts';

type Args<Method extends keyof Store> = Parameters<Store[Method]>;

/** A store of which every call by one actor is scheduled, and may go wrong. */
export class FaultyStore implements Store {
  readonly #inner: Store;
  readonly #actor: Actor;
  readonly #scheduler: Scheduler;
  /** What a consumer of dead letters does has sites of its own, so that a single fault finds them. */
  readonly #dead: boolean;

  constructor(inner: Store, actor: Actor, scheduler: Scheduler, hop: 'main' | 'dead' = 'main') {
    this.#inner = inner;
    this.#actor = actor;
    this.#scheduler = scheduler;
    this.#dead = hop === 'dead';
  }

  putBody(...args: Args<'putBody'>) {
    return this.#call('put-body', () => this.#inner.putBody(...args));
  }
  putRecord(...args: Args<'putRecord'>) {
    return this.#call('put-record', () => this.#inner.putRecord(...args));
  }
  replaceUnkept(...args: Args<'replaceUnkept'>) {
    return this.#inner.replaceUnkept(...args);
  }
  setOutbox(...args: Args<'setOutbox'>) {
    return this.#call('set-outbox', () => this.#inner.setOutbox(...args));
  }
  claim(...args: Args<'claim'>) {
    return this.#call(this.#dead ? 'dead-claim' : 'claim', () => this.#inner.claim(...args));
  }
  getBody(...args: Args<'getBody'>) {
    return this.#call('get-body', () => this.#inner.getBody(...args));
  }
  complete(...args: Args<'complete'>) {
    return this.#call('complete', () => this.#inner.complete(...args));
  }
  commit(...args: Args<'commit'>) {
    return this.#call('commit', () => this.#inner.commit(...args));
  }
  fail(...args: Args<'fail'>) {
    return this.#call(this.#dead ? 'dead-fail' : 'fail', () => this.#inner.fail(...args));
  }
  park(...args: Args<'park'>) {
    return this.#call(this.#dead ? 'dead-park' : 'park', () => this.#inner.park(...args));
  }
  get(...args: Args<'get'>) {
    return this.#call('replay-get', () => this.#inner.get(...args));
  }
  dueOutbox(...args: Args<'dueOutbox'>) {
    return this.#call('due-outbox', () => this.#inner.dueOutbox(...args));
  }
  bumpOutbox(...args: Args<'bumpOutbox'>) {
    return this.#call('bump-outbox', () => this.#inner.bumpOutbox(...args));
  }
  replay(...args: Args<'replay'>) {
    return this.#call('replay-epoch', () => this.#inner.replay(...args));
  }

  #call<T>(site: Site, apply: () => Promise<T>): Promise<T> {
    return this.#scheduler.call(this.#actor, site, apply);
  }
}

/** A queue of which every send by one actor is scheduled. */
export function faultyQueue(
  apply: Queue['send'],
  actor: Actor,
  scheduler: Scheduler,
  site: 'send' | 'sweep-send' | 'replay-send',
): Queue {
  return { send: (message) => scheduler.call(actor, site, () => apply(message)) };
}

/** A watch of which every call by one actor is scheduled; noting is part of looking. */
export function faultyWatch(inner: Watch, actor: Actor, scheduler: Scheduler): Watch {
  return {
    lookedTo: (source) => scheduler.call(actor, 'look', () => inner.lookedTo(source)),
    note: (source, to) => scheduler.call(actor, 'look', () => inner.note(source, to)),
    async *pages(source, from, to) {
      for await (const page of inner.pages(source, from, to))
        yield await scheduler.call(actor, 'look', () => Promise.resolve(page));
    },
    enrol: (pk) => scheduler.call(actor, 'enrol', () => inner.enrol(pk)),
  };
}

/** Breakers of which every call by one actor is scheduled. */
export function faultyBreakers(inner: Breakers, actor: Actor, scheduler: Scheduler, reads: boolean): Breakers {
  const call = <T>(site: Site, apply: () => Promise<T>) => scheduler.call(actor, site, apply);
  return {
    // A container reads it once in two seconds; where no breaker opens, each message's own read would only cost time.
    read: (route) => (reads ? call('breaker-read', () => inner.read(route)) : inner.read(route)),
    recordFailure: (route, failure) => call('breaker-write', () => inner.recordFailure(route, failure)),
    change: (route, seen, next) => call('breaker-write', () => inner.change(route, seen, next)),
    noteMapping: (route, mode) => call('breaker-write', () => inner.noteMapping(route, mode)),
  };
}

/** Secrets of which every read by one actor is scheduled. */
export function faultySecrets(inner: SecretStore, actor: () => Actor, scheduler: Scheduler): SecretStore {
  return {
    current: (source) => scheduler.call(actor(), 'secret', () => inner.current(source)),
    previous: (source) => scheduler.call(actor(), 'secret', () => inner.previous(source)),
    pending: (source) => scheduler.call(actor(), 'secret', () => inner.pending(source)),
    keepFirst: () => Promise.resolve(false),
  };
}
