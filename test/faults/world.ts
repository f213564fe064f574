import { mappingMode, opened, UNTOUCHED } from '../../lambdas/core/breaker.ts';
import { Circuit } from '../../lambdas/core/circuit.ts';
import { type ConsumePorts, type Outcome, take } from '../../lambdas/core/consume.ts';
import { control, type ControlledRoute, type Mappings, same, settingsOf } from '../../lambdas/core/control.ts';
import type { Delivery } from '../../lambdas/core/delivery.ts';
import type { Breakers, Queue, SecretStore, Store } from '../../lambdas/core/ports.ts';
import { PermanentError, processor, type ProcessorContext } from '../../lambdas/core/processor.ts';
import { answerTo } from '../../lambdas/core/receipt.ts';
import { type Endpoint, endpointsOf, receive } from '../../lambdas/core/receive.ts';
import { replay } from '../../lambdas/core/replay.ts';
import type { SecretSet } from '../../lambdas/core/scheme/key.ts';
import { SecretCache } from '../../lambdas/core/secrets.ts';
import type { Source } from '../../lambdas/core/source.ts';
import type { Verdict as Verified } from '../../lambdas/core/verdict.ts';
import { sweep } from '../../lambdas/core/sweep.ts';
import { providers } from '../../lambdas/providers/index.ts';
import {
  NOON,
  SCALEKIT_SECRET,
  scalekitDelivery,
  SKRIBBY_SECRET,
  skribbyDelivery,
} from '../support/gateway-in-memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryBreakers } from '../support/memory/breakers.ts';
import { MemorySecrets } from '../support/memory/secrets.ts';
import type { MemoryStore } from '../support/memory/store.ts';
import type { Fault, Site } from './fault.ts';
import { type EffectKind, type History, judge, type Verdict, watchedStore } from './history.ts';
import type { Mutant } from './mutants.ts';
import { type QueueMessage, Queues } from './queues.ts';
import { type Actor, Scheduler, settled } from './scheduler.ts';

/** One way to run the gateway. */
export interface Configuration {
  readonly name: string;
  /** Scalekit sends again after a failure; Skribby sends every event once. */
  readonly provider: 'scalekit' | 'skribby';
  /** Deliveries of the same event that arrive together. */
  readonly copies: 1 | 2;
  readonly effect: EffectKind;
  /** The handler refuses every event until a person has mended it and redrives what is parked. */
  readonly broken?: true;
  /** What the handler needs is down for two minutes, and the breaker of its route is open at the start. */
  readonly outage?: true;
  /** A person replays the event, whatever became of it. */
  readonly replays?: true;
}

export interface RunOptions {
  readonly configuration: Configuration;
  readonly random: () => number;
  readonly faultFor: (site: Site, call: string) => Fault | undefined;
  readonly mutant?: Mutant | undefined;
  readonly trace?: (line: string) => void;
}

export interface RunResult extends Verdict {
  readonly faulted: readonly string[];
}

const SOURCES: readonly Source[] = (['scalekit', 'skribby'] as const).map((provider) => ({
  name: provider,
  provider,
  maxBodyBytes: 1024 * 1024,
  secretOverlapSeconds: 24 * 60 * 60,
  routes: [{ processor: `${provider}/route`, name: 'route', on: '*' }],
}));

/** A provider gives up after these; all within the window of one signature, so that it need not sign anew. */
const RETRY_WAITS_MS = [5_000, 30_000, 60_000, 60_000];
/** More than any schedule needs: a run that is not quiet by then never will be. */
const MOST_STEPS = 3_000;
/** A day less than the parked queue keeps a message. */
const PARKED_FOR_MS = 13 * 24 * 60 * 60_000;
const FUNCTION_TIMEOUT_MS = 30_000;
const OUTAGE_MS = 2 * 60_000;
/** When a person replays, and whether with force. */
const REPLAYS_AT: readonly (readonly [atMs: number, force: boolean])[] = [
  [500, false],
  [1_000, true],
  [10 * 60_000, true],
  [10 * 60_000 + 500, false],
];
const CONTROL_EVERY_MS = 60_000;
const ROUTE: ControlledRoute = { route: 'scalekit/route', mappings: ['mapping'], maximumConcurrency: 5 };

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map(
  [...endpointsOf(SOURCES, providers)].map(([name, endpoint]) => [name, remembering(endpoint)]),
);
/** Two deliveries of one event. An id that the signature does not cover is changed by whoever sends it again. */
const DELIVERIES: Readonly<Record<Configuration['provider'], readonly Delivery[]>> = {
  scalekit: [scalekitDelivery(), scalekitDelivery()],
  skribby: [skribbyDelivery(), skribbyDelivery({ id: 'changed-by-the-replayer' })],
};
const FORGED: Readonly<Record<Configuration['provider'], Delivery>> = {
  scalekit: scalekitDelivery({ id: 'forged', key: Buffer.from('not the key') }),
  skribby: { ...skribbyDelivery({ id: 'forged' }), body: Buffer.from('{"type":"status_update","bot_id":"forged"}') },
};

/**
 * The same bytes, keys and window have the same verdict, so each is worked out once: a hash costs more than the rest of
 * a schedule.
 */
function remembering({ source, verifier }: Endpoint): Endpoint {
  const verdicts = new Map<Buffer, Verified | Promise<Verified>>();
  return {
    source,
    verifier: {
      provider: verifier.provider,
      secrets: (values) => verifier.secrets(values),
      verify: (delivery, keys, nowMs) => {
        if (nowMs > NOON + 300_000) return verifier.verify(delivery, keys, nowMs);
        const verdict = verdicts.get(delivery.body) ?? verifier.verify(delivery, keys, nowMs);
        verdicts.set(delivery.body, verdict);
        return verdict;
      },
    },
  };
}

const KEYS = new Map<string, SecretSet>();

/** Decoding keys costs more than a schedule; they are the same in all of them. */
function keysOf(endpoint: Endpoint, values: readonly string[]): SecretSet {
  const name = `${endpoint.source.name} ${values.join(' ')}`;
  const keys = KEYS.get(name) ?? endpoint.verifier.secrets(values);
  KEYS.set(name, keys);
  return keys;
}

/** Runs one schedule to its end and judges what happened. */
export async function run(options: RunOptions): Promise<RunResult> {
  const world = new World(options);
  const stuck = await world.run();
  const { faulted } = world.scheduler;
  const windowOpened = faulted.some((fault) => /^(effect|complete)#|=stall$/.test(fault));
  return { ...judge(world.history, options.configuration.effect, windowOpened, stuck), faulted };
}

class World {
  readonly clock = new ManualClock(NOON);
  readonly history: History = { answers: [], effects: [], illegal: [], burned: [], replayed: [] };
  readonly scheduler: Scheduler;
  readonly #store: MemoryStore = watchedStore(this.history);
  readonly #queues = new Queues(this.clock, (message) => this.history.burned.push(message));
  readonly #breakers = new MemoryBreakers();
  #mapping = settingsOf('configured', ROUTE);
  #nextTick = NOON;
  readonly #secrets = new MemorySecrets();
  readonly #options: RunOptions;
  #actors = 0;
  #calm = false;

  constructor(options: RunOptions) {
    this.#options = options;
    const faultFor: RunOptions['faultFor'] = (site, call) => (this.#calm ? undefined : options.faultFor(site, call));
    const { clock } = this;
    const { random, trace } = options;
    this.scheduler = new Scheduler({ clock, random, faultFor, ...(trace && { trace }) });
    this.#secrets.rotate('scalekit', SCALEKIT_SECRET, NOON - 1_000_000_000);
    this.#secrets.rotate('skribby', SKRIBBY_SECRET, NOON - 1_000_000_000);
    if (options.configuration.outage) this.#breakers.rows.set(ROUTE.route, opened(UNTOUCHED, NOON, 'others'));
    const setItem = this.#store.items.set.bind(this.#store.items);
    this.#store.items.set = (name, item) => {
      if (typeof item.id === 'string') this.#effect(item.id);
      return setItem(name, item);
    };
  }

  /** Returns why it did not come to rest, if so. */
  async run(): Promise<string | undefined> {
    const { provider, copies } = this.#options.configuration;
    for (const delivery of DELIVERIES[provider].slice(0, copies)) {
      this.#deliver(delivery, provider === 'scalekit' ? 0 : Infinity, false);
    }
    // One schedule in eight has a forger; his deliveries can't change the others' orders.
    if (this.#options.random() < 0.125) this.#deliver(FORGED[provider], Infinity, true);
    if (this.#options.configuration.replays) {
      for (const [at, force] of REPLAYS_AT) this.clock.alarm(at, () => void this.#replay(force));
    }
    await settled();
    if (!(await this.#quiet())) return 'it never came to rest';
    if (!this.#mapping.enabled) return 'the mapping was left disabled';
    // What is parked waits for a person: here is one, and nothing fails any more.
    this.#calm = true;
    this.clock.advance(PARKED_FOR_MS);
    this.#store.expire(this.clock.now());
    if (this.#queues.redrive() > 0 && !(await this.#quiet())) return 'it never came to rest after the redrive';
    return undefined;
  }

  /** Steps until nothing is left to do now or later. */
  async #quiet(): Promise<boolean> {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      if (this.#startConsumers()) await settled();
      if (!this.scheduler.idle) {
        await this.scheduler.step();
        continue;
      }
      const next = this.#nextMoment();
      if (next === undefined) return true;
      this.clock.advance(Math.max(0, next - this.clock.now()));
      await settled();
    }
    return false;
  }

  #nextMoment(): number | undefined {
    let next: number | undefined;
    const visible = this.#mapping.enabled ? this.#queues.nextVisible() : undefined;
    for (const moment of [this.clock.nextAlarm(), visible, this.#nextSweep(), this.#nextControl()]) {
      if (moment !== undefined && (next === undefined || moment < next)) next = moment;
    }
    return next;
  }

  /** The sweeper runs when something is due; its minute is not simulated where nothing would happen. */
  #nextSweep(): number | undefined {
    if (this.#options.mutant?.noSweeper) return undefined;
    let next: number | undefined;
    for (const { outboxAt } of this.#store.records.values()) {
      if (outboxAt !== undefined && (next === undefined || outboxAt < next)) next = outboxAt;
    }
    if (next === undefined) return undefined;
    if (next <= this.clock.now()) this.#sweep();
    return Math.max(next, this.clock.now() + 1);
  }

  #sweep(): void {
    const actor = this.#actor('sweeper');
    const { store, queue } = this.#ports(actor);
    sweep({ store, queue, clock: this.clock }).catch(() => undefined);
  }

  /** The controller's minute is simulated where it finds something to do. */
  #nextControl(): number | undefined {
    if (!this.#options.configuration.outage) return undefined;
    const breaker = this.#breakers.rows.get(ROUTE.route) ?? UNTOUCHED;
    const now = this.clock.now();
    const inOrder = (at: number) => same(this.#mapping, settingsOf(mappingMode(breaker, at), ROUTE));
    let at = Math.max(now, this.#nextTick);
    if (inOrder(at)) at = Math.max(at, breaker.openUntil);
    if (inOrder(at)) return undefined;
    if (at > now) return at;
    this.#nextTick = now + CONTROL_EVERY_MS;
    this.#control();
    return now + 1;
  }

  #control(): void {
    const actor = this.#actor('controller');
    const mappings: Mappings = {
      read: () => Promise.resolve(this.#mapping),
      update: (_, settings) =>
        this.scheduler.call(actor, 'mapping-update', () => {
          this.#mapping = settings;
          return Promise.resolve();
        }),
    };
    void control([ROUTE], { mappings, breakers: this.#breakersOf(actor), clock: this.clock, report: () => undefined });
  }

  /** A person at the command line, who tries once more when it fails. */
  async #replay(force: boolean, tries = 0): Promise<void> {
    const actor = this.#actor('operator');
    const { store } = this.#ports(actor);
    const [pk = ''] = this.#store.records.keys();
    try {
      const record = await this.scheduler.call(actor, 'replay-get', () => this.#store.get(pk));
      await replay(record, force, {
        store,
        queue: {
          send: ({ body }) => this.scheduler.call(actor, 'replay-send', () => Promise.resolve(this.#queues.send(body))),
        },
        clock: this.clock,
        routes: new Set(SOURCES.map(({ name }) => `${name}/route`)),
      });
    } catch {
      if (tries === 0) this.clock.alarm(10_000, () => void this.#replay(force, 1));
    }
  }

  #breakersOf(actor: Actor): Breakers {
    const call = <T>(site: Site, apply: () => Promise<T>) => this.scheduler.call(actor, site, apply);
    const inner = this.#breakers;
    const { outage } = this.#options.configuration;
    return {
      // A container reads it once in two seconds; where no breaker opens, each message's own read would only cost time.
      read: (route) => (outage ? call('breaker-read', () => inner.read(route)) : inner.read(route)),
      recordFailure: (route, failure) => call('breaker-write', () => inner.recordFailure(route, failure)),
      change: (route, seen, next) => call('breaker-write', () => inner.change(route, seen, next)),
      noteMapping: (route, mode) => call('breaker-write', () => inner.noteMapping(route, mode)),
    };
  }

  #actor(name: string): Actor {
    return { name: `${name}-${++this.#actors}`, alive: true };
  }

  #deliver(delivery: Delivery, attempt: number, forged: boolean): void {
    const actor = this.#actor(forged ? 'forger' : 'delivery');
    const event = forged ? 'forged' : 'event';
    let answered = false;
    const answer = (status: number) => {
      if (answered) return;
      answered = true;
      this.history.answers.push({ event, status, forged });
      const wait = status < 300 ? undefined : RETRY_WAITS_MS[attempt];
      if (wait !== undefined) this.clock.alarm(wait, () => this.#deliver(delivery, attempt + 1, forged));
    };
    // What dies gives no answer; the provider takes its own time-out for one.
    this.clock.alarm(10_000, () => answer(504));
    const { provider } = this.#options.configuration;
    const endpoint = ENDPOINTS.get(provider);
    if (!endpoint) throw new Error(`There is no source ${provider}.`);
    const { mutant } = this.#options;
    const ports = this.#ports(actor);
    const secretStore: SecretStore = {
      current: (source) => this.scheduler.call(actor, 'secret', () => this.#secrets.current(source)),
      previous: (source) => this.#secrets.previous(source),
      keepFirst: () => Promise.resolve(false),
    };
    const secrets = new SecretCache<SecretSet>({
      store: secretStore,
      clock: this.clock,
      overlapSeconds: () => 24 * 60 * 60,
      prepare: (_, values) => keysOf(endpoint, values),
    });
    if (mutant?.acknowledgeFirst && !forged) answer(202);
    receive({ ...delivery, receivedAt: this.clock.now() }, mutant?.endpoint?.(endpoint) ?? endpoint, {
      ...ports,
      clock: this.clock,
      secrets,
    }).then(
      (receipt) => answer(answerTo(receipt, { status: 202 }, 1).status),
      () => answer(503),
    );
  }

  /** A mapping polls all the time, so what is visible is received at once. */
  #startConsumers(): boolean {
    let started = false;
    if (!this.#mapping.enabled) return started;
    for (let message = this.#queues.visible(); message; message = this.#queues.visible()) {
      this.#receive(message);
      started = true;
    }
    return started;
  }

  /** A receive goes wrong in three ways: nobody got the message, it was hidden and lost its way, or two got it. */
  #receive(message: QueueMessage): void {
    const actor = this.#actor('consumer');
    switch (this.scheduler.faultAt(actor, 'receive')) {
      case 'fail-before':
      case 'throttled':
      case 'crash-before':
        message.visibleAt = this.clock.now() + 1_000;
        return;
      case 'slow':
      case 'fail-after':
      case 'crash-after':
        return this.#queues.receive(message);
      case 'late-success':
      case 'sdk-repeat':
      case 'stall':
        this.#queues.receive(message);
        void this.#consume(message, this.#actor('second-consumer'));
        break;
      case undefined:
        this.#queues.receive(message);
    }
    void this.#consume(message, actor);
  }

  async #consume(message: QueueMessage, actor: Actor): Promise<void> {
    const hop = message.hop === 'dead' ? 'dead' : 'main';
    let outcome: Outcome | undefined;
    const ports: ConsumePorts & { report: (outcome: Outcome) => void } = {
      store: this.#ports(actor).store,
      clock: this.clock,
      random: this.#options.random,
      log: { info: () => undefined, warn: () => undefined },
      circuit: new Circuit({ route: ROUTE.route, breakers: this.#breakersOf(actor), clock: this.clock }),
      report: (reported) => {
        outcome = reported;
        if (reported.outcome === 'failed') message.tries++;
      },
    };
    const queued = {
      body: message.body,
      sentAt: message.sentAt,
      hop,
      receives: message.receives,
      owner: actor.name,
      deadline: this.clock.now() + FUNCTION_TIMEOUT_MS,
    } as const;
    try {
      const finished = await take(this.#processor(actor), queued, ports, (seconds) =>
        this.scheduler.call(actor, 'return-after', () => {
          const mistaken = outcome && this.#options.mutant?.returnAfter?.(seconds, outcome);
          if (outcome?.outcome === 'deferred' && outcome.why === 'breaker') message.deferrals++;
          message.visibleAt = this.clock.now() + (mistaken ?? seconds) * 1000;
          return Promise.resolve();
        }),
      );
      if (finished) await this.scheduler.call(actor, 'delete', () => Promise.resolve(this.#queues.delete(message)));
    } catch {
      // The message comes back when its visibility ends.
    }
  }

  #processor(actor: Actor) {
    const { effect, broken, outage } = this.#options.configuration;
    return processor({
      on: '*',
      schema: { '~standard': { validate: (value) => ({ value }) } },
      handler: async (_event, { commit, idempotencyKey }: ProcessorContext) => {
        if (broken && !this.#calm) throw new PermanentError('not mended yet');
        if (outage && this.clock.now() < NOON + OUTAGE_MS) throw new Error('down');
        if (effect === 'commit') {
          await commit([{ put: { table: 'effects', item: { id: idempotencyKey } } }]);
          return;
        }
        await this.scheduler.call(actor, 'effect', () => Promise.resolve(this.#effect(idempotencyKey)));
      },
    });
  }

  #effect(key: string): void {
    this.history.effects.push({ event: key.includes('forged') ? 'forged' : 'event', key });
  }

  #ports(actor: Actor): { store: Store; queue: Queue } {
    const call = <T>(site: Site, apply: () => Promise<T>) => this.scheduler.call(actor, site, apply);
    const { mutant } = this.#options;
    const inner: Store = mutant?.store?.(this.#store) ?? this.#store;
    const store: Store = {
      putBody: (pk, body) => call('put-body', () => inner.putBody(pk, body)),
      putRecord: (record, now) => call('put-record', () => inner.putRecord(record, now)),
      setOutbox: (pk, at) => call('set-outbox', () => inner.setOutbox(pk, at)),
      claim: (claim) => call('claim', () => inner.claim(claim)),
      getBody: (pk, sha256) => call('get-body', () => inner.getBody(pk, sha256)),
      complete: (fence, done) => call('complete', () => inner.complete(fence, done)),
      commit: (fence, writes, done) => call('commit', () => inner.commit(fence, writes, done)),
      fail: (fence, failure) => call('fail', () => inner.fail(fence, failure)),
      park: (fence, failure) => call('park', () => inner.park(fence, failure)),
      get: (pk) => inner.get(pk),
      dueOutbox: (now, limit) => call('due-outbox', () => inner.dueOutbox(now, limit)),
      bumpOutbox: (pk, from, to) => call('bump-outbox', () => inner.bumpOutbox(pk, from, to)),
      replay: (seen, next) => call('replay-epoch', () => inner.replay(seen, next)),
    };
    const queue: Queue = {
      send: ({ body }) => call('send', () => Promise.resolve(this.#queues.send(body))),
    };
    return { store, queue: mutant?.queue?.(queue, this.#store) ?? queue };
  }
}
