import { type Breaker, mappingMode, UNTOUCHED } from '../../lambdas/core/processing/breaker.ts';
import type { OneByOneProcessor } from '../../lambdas/core/processing/attempt.ts';
import { Circuit } from '../../lambdas/core/processing/circuit.ts';
import { type Outcome, take } from '../../lambdas/core/processing/consume.ts';
import { control, type ControlledRoute, settingsOf } from '../../lambdas/core/processing/control.ts';
import { encodeMessage } from '../../lambdas/core/message.ts';
import { NOON } from '../support/gateway-in-memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryBreakers } from '../support/memory/breakers.ts';
import { MemoryStore } from '../support/memory/store.ts';
import { type QueueMessage, Queues } from './queues.ts';
import { seeded } from './random.ts';

export interface Outage {
  readonly events: number;
  readonly minutes: number;
  /** Whether the controller's minute comes; without it the mapping is never disabled. */
  readonly controlled: boolean;
}

export interface OutageResult {
  readonly openings: number;
  /** The most that any message was received while the breaker was open, in one of its open times. */
  readonly receivesPerWindow: number;
  /** The most of any message, tries and deferrals together. */
  readonly receives: number;
  readonly tries: number;
  readonly effects: ReadonlyMap<string, number>;
  readonly statuses: ReadonlySet<string>;
  /** Messages that came to another queue than their first. */
  readonly movedOn: number;
  readonly burned: readonly string[];
  /** From the end of the outage to the last event's end. */
  readonly recoveryMinutes: number;
}

const ROUTE: ControlledRoute = { route: 'scalekit/route', mappings: ['mapping'], maximumConcurrency: 5 };
const BATCH = 10;
/** A batch, from its receive to its end. */
const BATCH_MS = 100;
const MINUTE_MS = 60_000;
const BODY_SHA256 = 'a'.repeat(64);

/** Runs events through the real consumer and the real controller while what the handler needs is down. */
export async function runOutage({ events, minutes, controlled }: Outage): Promise<OutageResult> {
  const clock = new ManualClock(NOON);
  const random = seeded(1);
  const store = new MemoryStore();
  const breakers = new MemoryBreakers();
  const burned: string[] = [];
  const queues = new Queues(clock, { burned: (message) => burned.push(message) });
  for (let i = 0; i < events; i++) record(store, queues, `scalekit#${i}`);

  const downUntil = NOON + minutes * MINUTE_MS;
  const effects = new Map<string, number>();
  const userCreated: OneByOneProcessor<unknown> = {
    on: '*',
    schema: { '~standard': { validate: (value) => ({ value }) } },
    handler: (_, { idempotencyKey }) => {
      if (clock.now() < downUntil) throw new Error('down');
      effects.set(idempotencyKey, (effects.get(idempotencyKey) ?? 0) + 1);
    },
  };
  let mapping = settingsOf('configured', ROUTE);
  const mappings = {
    read: () => Promise.resolve(mapping),
    update: (_: string, settings: typeof mapping) => Promise.resolve(void (mapping = settings)),
  };
  const containers = Array.from(
    { length: ROUTE.maximumConcurrency },
    () => new Circuit({ route: ROUTE.route, breakers, clock }),
  );

  const inWindow = new Map<string, number>();
  const received = new Map<number, number>();
  let openings = 0;
  let tries = 0;
  let lastEnd = NOON;
  let executions = 0;
  let nextTick = NOON + MINUTE_MS;
  const breaker = (): Breaker => breakers.rows.get(ROUTE.route) ?? UNTOUCHED;

  async function receive(message: QueueMessage, circuit: Circuit): Promise<void> {
    queues.receive(message);
    received.set(message.id, (received.get(message.id) ?? 0) + 1);
    if (mappingMode(breaker(), clock.now()) === 'disabled') {
      const window = `${message.id} in window ${breaker().revision}`;
      inWindow.set(window, (inWindow.get(window) ?? 0) + 1);
    }
    const report = ({ outcome, ...rest }: Outcome) => {
      if (outcome === 'failed') message.tries++;
      if (outcome === 'failed' || outcome === 'done') tries++;
      if (outcome === 'deferred' && 'why' in rest && rest.why === 'breaker') message.deferrals++;
    };
    const verdict = await take(
      userCreated,
      {
        body: message.body,
        sentAt: message.sentAt,
        hop: message.hop === 'dead' ? 'dead' : 'main',
        receives: message.receives,
        owner: `execution-${++executions}`,
        deadline: clock.now() + 30_000,
      },
      { store, clock, random, circuit, log: { info: () => undefined, warn: () => undefined }, report },
      (seconds) => Promise.resolve(void (message.visibleAt = clock.now() + seconds * 1000)),
    );
    if (verdict !== 'taken') return;
    queues.delete(message);
    lastEnd = clock.now();
  }

  /** As many batches at once as the mapping allows. */
  async function round(): Promise<boolean> {
    const running: Promise<void>[] = [];
    for (const circuit of containers.slice(0, mapping.enabled ? mapping.maximumConcurrency : 0)) {
      for (let i = 0; i < BATCH; i++) {
        const message = queues.visible();
        if (message) running.push(receive(message, circuit));
      }
    }
    await Promise.all(running);
    return running.length > 0;
  }

  while (queues.messages.some(({ hop }) => hop !== 'parked')) {
    if (controlled && clock.now() >= nextTick) {
      nextTick += MINUTE_MS;
      await control([ROUTE], { breakers, mappings, clock, report: () => undefined });
    }
    const revision = breaker().revision;
    const worked = await round();
    if (breaker().revision > revision && breaker().state === 'OPEN') openings++;
    const visible = mapping.enabled ? queues.nextVisible() : undefined;
    const next = worked ? clock.now() + BATCH_MS : (visible ?? Infinity);
    clock.advance(Math.max(1, Math.min(next, controlled ? nextTick : Infinity) - clock.now()));
  }
  return {
    openings,
    receivesPerWindow: Math.max(0, ...inWindow.values()),
    receives: Math.max(...received.values()),
    tries,
    effects,
    statuses: new Set([...store.records.values()].map(({ status }) => status)),
    movedOn: [...store.records.values()].filter(({ movedAt }) => movedAt !== undefined).length,
    burned,
    recoveryMinutes: Math.ceil((lastEnd - downUntil) / MINUTE_MS),
  };
}

function record(store: MemoryStore, queues: Queues, pk: string): void {
  store.records.set(pk, {
    v: 1,
    pk,
    status: 'RECEIVED',
    source: 'scalekit',
    type: 'user.created',
    route: 'route',
    bodySha256: BODY_SHA256,
    bodyBytes: 2,
    receivedAt: NOON,
    epoch: 0,
    attempt: 0,
    expiresAt: NOON / 1000 + 30 * 24 * 60 * 60,
  });
  void store.putBody(pk, { sha256: BODY_SHA256, bytes: Buffer.from('{}'), expiresAt: Infinity });
  queues.send(encodeMessage({ pk, epoch: 0, bodySha256: BODY_SHA256 }));
}
