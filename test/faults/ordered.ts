import { type Breaker, UNTOUCHED } from '../../lambdas/core/processing/breaker.ts';
import { Circuit } from '../../lambdas/core/processing/circuit.ts';
import type { QueuedMessage } from '../../lambdas/core/processing/consume.ts';
import { control, type ControlledRoute, settingsOf } from '../../lambdas/core/processing/control.ts';
import { takeInOrder } from '../../lambdas/core/processing/in-order.ts';
import type { Queue, Store } from '../../lambdas/core/ports.ts';
import { PermanentError, processor } from '../../lambdas/core/processor.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import { BATCH_SIZE } from '../../lambdas/core/processing/retry.ts';
import { sendRecord } from '../../lambdas/core/send.ts';
import type { Verdict } from '../../lambdas/core/processing/supervise.ts';
import { NOON } from '../support/gateway-in-memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryBreakers } from '../support/memory/breakers.ts';
import { MemoryStore } from '../support/memory/store.ts';
import { type QueueMessage, Queues } from './queues.ts';
import { seeded } from './random.ts';

interface Queued extends QueuedMessage {
  readonly message: QueueMessage;
}

export interface OrderedRun {
  readonly seed: number;
  readonly groups: number;
  /** Of each group. */
  readonly events: number;
  /** From the fifth minute on, nothing that the handler calls works for so long. */
  readonly outageMinutes?: number;
  /** A mistake: how a consumer takes its batch that knows nothing of groups. */
  readonly groupOf?: (queued: Queued) => unknown;
}

export interface OrderedResult {
  /** Events that were begun before one that stands before them in its group had ended. */
  readonly overtakings: readonly string[];
  /** Numbers of the events that took effect, by group, in the order in which they did. */
  readonly effects: ReadonlyMap<string, readonly number[]>;
  readonly parked: readonly EventRecord[];
  readonly statuses: Readonly<Record<string, number>>;
  /** Tries of each event that was parked without a permanent error. */
  readonly triesOfParked: ReadonlySet<number>;
  /** Whatever left the main queue and is not parked: it waited for others until its receives were spent. */
  readonly burned: readonly string[];
  readonly openings: number;
  readonly crashes: number;
  /** Of a message whose event was done in the end. */
  readonly mostReceives: number;
  /** Lets what is parked run again, as a person does; returns what did not become DONE. */
  readonly redrive: () => Promise<readonly string[]>;
}

const ROUTE: ControlledRoute = { route: 'skribby/in-order', mappings: ['mapping'], maximumConcurrency: 5 };
const HANDLER_MS = 30_000;
const BATCH_MS = 100;
const MINUTE_MS = 60_000;
const BODY_SHA256 = 'a'.repeat(64);
const OUTAGE_FROM = NOON + 5 * MINUTE_MS;
/** How much of everything goes wrong. */
const CHANCE = {
  failure: 0.1,
  poison: 0.01,
  permanent: 0.01,
  crash: 0.02,
  lostDelete: 0.01,
  lostReturn: 0.01,
  copy: 0.05,
};

interface Numbered {
  readonly group: string;
  readonly at: number;
}

/** Runs the events of many groups through the real consumer, on queues that keep order as SQS does. */
export async function runOrdered(options: OrderedRun): Promise<OrderedResult> {
  const random = seeded(options.seed);
  const chance = (share: number) => random() < share;
  const clock = new ManualClock(NOON);
  const store = new MemoryStore();
  const breakers = new MemoryBreakers();
  const queues = new Queues(clock);
  const queue: Queue = { send: ({ body, group }) => Promise.resolve(queues.send(body, group)) };
  const ports = { store, breakers, clock, random };
  const events = new Map<string, Numbered>();
  const poison = new Set<string>();
  const permanent = new Set<string>();
  const effects = new Map<string, number[]>();
  const overtakings: string[] = [];
  let calm = false;
  let crashes = 0;
  let executions = 0;

  const setItem = store.items.set.bind(store.items);
  store.items.set = (name, item) => {
    const { group, at } = numbered(typeof item.id === 'string' ? item.id : '');
    effects.set(group, [...(effects.get(group) ?? []), at]);
    return setItem(name, item);
  };

  function numbered(key: string): Numbered {
    const event = events.get(key.split('@')[0] ?? '');
    if (!event) throw new Error(`${key} is no event`);
    return event;
  }

  const inOrder = processor({
    on: '*',
    schema: { '~standard': { validate: (value) => ({ value }) } },
    ordered: '/group',
    handler: async (_, { commit, idempotencyKey }) => {
      const pk = idempotencyKey.split('@')[0] ?? '';
      const { group, at } = numbered(pk);
      for (let before = 0; before < at && !calm; before++) {
        const status = store.records.get(pkOf(group, before))?.status;
        if (status !== 'DONE' && status !== 'PARKED') overtakings.push(`${pk} overtook ${before}, ${status}`);
      }
      await ticks(random);
      if (!calm && permanent.has(pk)) throw new PermanentError('never');
      if (!calm && (poison.has(pk) || chance(CHANCE.failure) || isDown())) throw new Error('down');
      await commit([{ put: { table: 'effects', item: { id: idempotencyKey } } }]);
    },
  });

  function isDown(): boolean {
    const now = clock.now();
    return now >= OUTAGE_FROM && now < OUTAGE_FROM + (options.outageMinutes ?? 0) * MINUTE_MS;
  }

  /** One execution of the function, which may die at any of its calls. */
  async function execute(batch: readonly QueueMessage[], circuit: Circuit): Promise<void> {
    const id = ++executions;
    let callsLeft = !calm && chance(CHANCE.crash) ? Math.floor(random() * 3 * batch.length) : Infinity;
    let die = () => {};
    const death = new Promise<void>((resolve) => (die = resolve));
    const alive = async <T>(call: () => Promise<T>): Promise<T> => {
      await ticks(random);
      if (callsLeft-- > 0) return call();
      die();
      return new Promise<T>(() => undefined);
    };
    const taken: QueueMessage[] = [];
    const consumer = {
      ...ports,
      store: mortal(store, alive),
      circuit,
      log: { info: () => undefined, warn: () => undefined },
      report: () => undefined,
      failed: () => undefined,
      returnAfter: ({ message }: Queued, seconds: number) => {
        if (!chance(CHANCE.lostReturn)) message.visibleAt = clock.now() + seconds * 1000;
        return Promise.resolve();
      },
      settle: ({ message }: Queued, verdict: Verdict) => void (verdict === 'taken' && taken.push(message)),
    };
    const queued = batch.map((message): Queued => {
      const { body, sentAt, receives } = message;
      const owner = `execution-${id}/${message.id}`;
      const deadline = clock.now() + 2 * HANDLER_MS;
      return { body, sentAt, receives, hop: 'main', ordered: true, owner, deadline, message };
    });
    const groups = [...Map.groupBy(queued, options.groupOf ?? (({ message }) => message.group)).values()];
    const work = Promise.all(groups.map((group) => takeInOrder(inOrder, group, HANDLER_MS, consumer)));
    const ended = await Promise.race([work, death]);
    // A batch that died is not answered for, and Lambda deletes nothing of it.
    if (!ended) crashes++;
    for (const message of ended ? taken : []) {
      mostReceives = Math.max(mostReceives, message.receives);
      if (!chance(CHANCE.lostDelete)) queues.delete(message);
    }
  }

  async function untilQuiet(): Promise<void> {
    let mapping = settingsOf('configured', ROUTE);
    const mappings = {
      read: () => Promise.resolve(mapping),
      update: (_: string, settings: typeof mapping) => Promise.resolve(void (mapping = settings)),
    };
    const circuits = Array.from(
      { length: ROUTE.maximumConcurrency },
      () => new Circuit({ route: ROUTE.route, breakers, clock }),
    );
    let nextTick = clock.now();
    while (queues.messages.some(({ hop }) => hop === 'main')) {
      if (clock.now() >= nextTick) {
        nextTick += MINUTE_MS;
        await control([ROUTE], { breakers, mappings, clock, report: () => undefined });
      }
      const before = breaker().revision;
      const running: Promise<void>[] = [];
      for (const circuit of circuits.slice(0, mapping.enabled ? mapping.maximumConcurrency : 0)) {
        const batch = queues.batch(BATCH_SIZE);
        if (batch.length > 0) running.push(execute(batch, circuit));
      }
      await Promise.all(running);
      if (breaker().revision > before && breaker().state === 'OPEN') openings++;
      clock.advance(running.length > 0 ? BATCH_MS : 1_000);
    }
  }

  let openings = 0;
  let mostReceives = 0;
  const breaker = (): Breaker => breakers.rows.get(ROUTE.route) ?? UNTOUCHED;

  for (let at = 0; at < options.events; at++) {
    for (let number = 0; number < options.groups; number++) {
      const group = `bot-${number}`;
      const pk = pkOf(group, at);
      events.set(pk, { group, at });
      if (chance(CHANCE.poison)) poison.add(pk);
      else if (chance(CHANCE.permanent)) permanent.add(pk);
      const record = put(store, pk, group);
      await sendRecord(queue, record);
      // The sweeper's, of an event whose turn is long in coming.
      const sweep = () => void (store.records.get(pk)?.status === 'RECEIVED' && sendRecord(queue, record));
      if (chance(CHANCE.copy)) clock.alarm(random() * 20 * MINUTE_MS, sweep);
    }
  }
  await untilQuiet();

  const records = [...store.records.values()];
  const parked = records.filter(({ status }) => status === 'PARKED');
  return {
    overtakings,
    effects,
    parked,
    statuses: Object.fromEntries(
      [...new Set(records.map(({ status }) => status))].map((status) => [
        status,
        records.filter((record) => record.status === status).length,
      ]),
    ),
    // One whose fifth execution died is claimed once more, which is no try.
    triesOfParked: new Set(
      parked
        .filter(({ pk }) => !permanent.has(pk))
        .map(({ attempt, lastError }) => attempt - (lastError?.startsWith('attempts-spent') ? 1 : 0)),
    ),
    burned: queues.messages
      .filter(({ body }) => !parked.some(({ pk }) => body.includes(`"${pk}"`)))
      .map(({ body }) => body)
      .filter((body) => store.records.get(String((JSON.parse(body) as { pk: string }).pk))?.status !== 'DONE'),
    openings,
    crashes,
    mostReceives,
    redrive: async () => {
      calm = true;
      clock.advance(MINUTE_MS);
      for (const message of queues.messages.filter(({ hop }) => hop === 'dead')) {
        queues.delete(message);
        queues.send(message.body, message.group);
      }
      await untilQuiet();
      return [...store.records.values()].filter(({ status }) => status !== 'DONE').map(({ pk }) => pk);
    },
  };
}

function pkOf(group: string, at: number): string {
  return `skribby#${group}-${at}`;
}

function put(store: MemoryStore, pk: string, group: string): EventRecord {
  const record: EventRecord = {
    v: 1,
    pk,
    status: 'RECEIVED',
    source: 'skribby',
    type: 'status_update',
    route: 'in-order',
    orderKey: group,
    bodySha256: BODY_SHA256,
    bodyBytes: 2,
    receivedAt: NOON,
    epoch: 0,
    attempt: 0,
    expiresAt: NOON / 1000 + 30 * 24 * 60 * 60,
  };
  store.records.set(pk, record);
  void store.putBody(pk, { sha256: BODY_SHA256, bytes: Buffer.from('{}'), expiresAt: Infinity });
  return record;
}

/** The calls of one execution, none of which is answered any more once it is dead. */
function mortal(store: MemoryStore, alive: <T>(call: () => Promise<T>) => Promise<T>): Store {
  return Object.assign(Object.create(store) as Store, {
    claim: (...args: Parameters<Store['claim']>) => alive(() => store.claim(...args)),
    getBody: (...args: Parameters<Store['getBody']>) => alive(() => store.getBody(...args)),
    commit: (...args: Parameters<Store['commit']>) => alive(() => store.commit(...args)),
    fail: (...args: Parameters<Store['fail']>) => alive(() => store.fail(...args)),
    park: (...args: Parameters<Store['park']>) => alive(() => store.park(...args)),
  });
}

/** Lets others go first, for as long as the seed says. */
async function ticks(random: () => number): Promise<void> {
  for (let left = Math.floor(random() * 4); left > 0; left--) await Promise.resolve();
}
