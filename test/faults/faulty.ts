import type { Breaker, MappingMode } from '../../lambdas/core/processing/breaker.ts';
import type { Breakers, Claim, Queue, QueueMessage, SecretStore, Store, Watch } from '../../lambdas/core/ports.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import type { Site } from './fault.ts';
import type { RecordLife } from './record-life.ts';
import type { Actor, Scheduler } from './scheduler.ts';

type Args<Method extends keyof Store> = Parameters<Store[Method]>;

export interface FaultyStoreOptions {
  readonly inner: Store;
  readonly life: RecordLife;
  readonly scheduler: Scheduler;
  readonly actor: Actor;
  /** What a consumer of dead letters does has sites of its own, so that a single fault finds them. */
  readonly hop?: 'main' | 'dead';
}

/** A store of which every call by one actor is scheduled, and may go wrong. */
export class FaultyStore implements Store {
  readonly #options: FaultyStoreOptions;
  readonly #inner: Store;

  constructor(options: FaultyStoreOptions) {
    this.#options = options;
    this.#inner = options.inner;
  }

  putBody(pk: string, body: Args<'putBody'>[1]) {
    return this.#call('put-body', () => this.#inner.putBody(pk, body));
  }
  putRecord(record: EventRecord, now: number) {
    return this.#call('put-record', () => this.#inner.putRecord(record, now));
  }
  replaceUnkept(seen: EventRecord, record: EventRecord) {
    return this.#inner.replaceUnkept(seen, record);
  }
  setOutbox(pk: string, outboxAt: number) {
    return this.#call('set-outbox', () => this.#inner.setOutbox(pk, outboxAt));
  }
  claim(claim: Claim) {
    const site = this.#options.hop === 'dead' ? 'dead-claim' : 'claim';
    return this.#call(site, () => this.#options.life.during(claim, () => this.#inner.claim(claim)));
  }
  getBody(pk: string, sha256: string) {
    return this.#call('get-body', () => this.#inner.getBody(pk, sha256));
  }
  complete(fence: Args<'complete'>[0], done: Args<'complete'>[1]) {
    return this.#call('complete', () => this.#inner.complete(fence, done));
  }
  commit(fence: Args<'commit'>[0], writes: Args<'commit'>[1], done: Args<'commit'>[2]) {
    return this.#call('commit', () => this.#inner.commit(fence, writes, done));
  }
  fail(fence: Args<'fail'>[0], failure: Args<'fail'>[1]) {
    return this.#call(this.#options.hop === 'dead' ? 'dead-fail' : 'fail', () => this.#inner.fail(fence, failure));
  }
  park(fence: Args<'park'>[0], failure: Args<'park'>[1]) {
    return this.#call(this.#options.hop === 'dead' ? 'dead-park' : 'park', () => this.#inner.park(fence, failure));
  }
  get(pk: string) {
    return this.#call('replay-get', () => this.#inner.get(pk));
  }
  dueOutbox(until: number, limit: number) {
    return this.#call('due-outbox', () => this.#inner.dueOutbox(until, limit));
  }
  bumpOutbox(pk: string, from: number, to: number) {
    return this.#call('bump-outbox', () => this.#inner.bumpOutbox(pk, from, to));
  }
  replay(seen: EventRecord, next: Args<'replay'>[1]) {
    return this.#call('replay-epoch', () => this.#inner.replay(seen, next));
  }

  #call<T>(site: Site, apply: () => Promise<T>): Promise<T> {
    return this.#options.scheduler.call(this.#options.actor, site, apply);
  }
}

/** A queue of which every send by one actor is scheduled. */
export class FaultyQueue implements Queue {
  readonly #apply: (body: string) => Promise<void>;
  readonly #actor: Actor;
  readonly #scheduler: Scheduler;
  readonly #site: 'send' | 'sweep-send' | 'replay-send';

  constructor(
    apply: (body: string) => Promise<void>,
    actor: Actor,
    scheduler: Scheduler,
    site: 'send' | 'sweep-send' | 'replay-send',
  ) {
    this.#apply = apply;
    this.#actor = actor;
    this.#scheduler = scheduler;
    this.#site = site;
  }

  send({ body }: QueueMessage): Promise<void> {
    return this.#scheduler.call(this.#actor, this.#site, () => this.#apply(body));
  }
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
export class FaultyBreakers implements Breakers {
  readonly #inner: Breakers;
  readonly #actor: Actor;
  readonly #scheduler: Scheduler;
  readonly #reads: boolean;

  /** @param reads a container reads it once in two seconds; where no breaker opens, each message's would only cost time */
  constructor(inner: Breakers, actor: Actor, scheduler: Scheduler, reads: boolean) {
    this.#inner = inner;
    this.#actor = actor;
    this.#scheduler = scheduler;
    this.#reads = reads;
  }

  read(route: string) {
    if (!this.#reads) return this.#inner.read(route);
    return this.#scheduler.call(this.#actor, 'breaker-read', () => this.#inner.read(route));
  }
  recordFailure(route: string, failure: Parameters<Breakers['recordFailure']>[1]) {
    return this.#write(() => this.#inner.recordFailure(route, failure));
  }
  change(route: string, seen: Breaker, next: Breaker) {
    return this.#write(() => this.#inner.change(route, seen, next));
  }
  noteMapping(route: string, mode: MappingMode) {
    return this.#write(() => this.#inner.noteMapping(route, mode));
  }

  #write<T>(apply: () => Promise<T>): Promise<T> {
    return this.#scheduler.call(this.#actor, 'breaker-write', apply);
  }
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
