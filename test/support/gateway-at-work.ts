import * as z from 'zod';
import { blockReport } from '../../lambdas/adapters/reports/block-report.ts';
import { circuitReport } from '../../lambdas/adapters/reports/circuit-report.ts';
import { controlReport } from '../../lambdas/adapters/reports/control-report.ts';
import { deliveryReport } from '../../lambdas/adapters/reports/delivery-report.ts';
import type { createEmf } from '../../lambdas/adapters/reports/emf.ts';
import { followReport } from '../../lambdas/adapters/reports/follow-report.ts';
import type { Log } from '../../lambdas/adapters/reports/log.ts';
import { processingReport } from '../../lambdas/adapters/reports/processing-report.ts';
import { sweepReport } from '../../lambdas/adapters/reports/sweep-report.ts';
import type { Allowlist } from '../../lambdas/core/addresses/allowlist.ts';
import { type Blocklist, type FailedAttempt, keepBlocklist } from '../../lambdas/core/addresses/blocklist.ts';
import { follow, type FollowedList, type IpSets } from '../../lambdas/core/addresses/follow.ts';
import type { Delivery } from '../../lambdas/core/delivery.ts';
import type { Minutes } from '../../lambdas/core/ledger/ledger-book.ts';
import { keepLedger } from '../../lambdas/core/ledger/read-ledger.ts';
import type { QueueMessage } from '../../lambdas/core/ports.ts';
import { processor } from '../../lambdas/core/processor.ts';
import { Circuit } from '../../lambdas/core/processing/circuit.ts';
import { take } from '../../lambdas/core/processing/consume.ts';
import { control, type ControlledRoute, type MappingSettings } from '../../lambdas/core/processing/control.ts';
import type { Source } from '../../lambdas/core/source.ts';
import { sweep } from '../../lambdas/core/sweep.ts';
import { gatewayInMemory } from './gateway-in-memory.ts';
import type { ManualClock } from './manual-clock.ts';
import { MemoryBreakers } from './memory/breakers.ts';

const ORDINARY = { maxBodyBytes: 1024 * 1024, secretOverlapSeconds: 24 * 60 * 60 };
const SOURCES: readonly Source[] = [
  { ...ORDINARY, name: 'scalekit', provider: 'scalekit', routes: [routeOf('scalekit', 'user-created', '*')] },
  { ...ORDINARY, name: 'inkress', provider: 'inkress', routes: [routeOf('inkress', 'payment-success', '*')] },
  { ...ORDINARY, name: 'skribby', provider: 'skribby', routes: [routeOf('skribby', 'status-update', '*')] },
  { ...ORDINARY, name: 'github', provider: 'github', routes: [], allow: { cidrs: [], published: 'observe' } },
];

function routeOf(source: string, name: string, on: string): Source['routes'][number] {
  return { processor: `${source}/${name}`, name, on };
}

/** Each with the mapping of its queue and that of its dead letters. */
const ROUTES: readonly ControlledRoute[] = SOURCES.flatMap(({ routes }) =>
  routes.map(({ processor: route }) => ({ route, mappings: [route, `${route} dead`], maximumConcurrency: 5 })),
);

const LISTED = '3.0.0.1/32';
const GITHUB: FollowedList = {
  provider: 'github',
  list: { url: 'https://lists.example.com/github.txt', in: 'lines' },
  declared: [LISTED],
  sets: { IPV4: 'github v4', IPV6: 'github v6' },
};

interface Waiting extends QueueMessage {
  readonly sentAt: number;
  receives: number;
  visibleAt: number;
}

export interface WorkOptions {
  readonly clock: ManualClock;
  readonly log: Log;
  readonly emit: ReturnType<typeof createEmf>;
}

/**
 * A whole gateway over memory at a time that tests move: the core that ships, with the reports that ship. Deliveries come
 * in, processors take what is queued, and what looks after them runs once a minute.
 */
export function gatewayAtWork({ clock, log, emit }: WorkOptions) {
  const { receive, store, queue, secretStore } = gatewayInMemory({ clock, sources: SOURCES });
  const breakers = new MemoryBreakers();
  const reports = deliveryReport({ log, emit, clock, signatureHeader: () => undefined, keep });
  let attempts: FailedAttempt[] = [];
  const names = SOURCES.map(({ name }) => name);

  function keep(refused: readonly { address: string; reason: string; time: string }[]): Promise<void> {
    attempts.push(...refused.map(({ address, reason, time }) => ({ address, reason, at: Date.parse(time) })));
    return Promise.resolve();
  }

  /** What the processors do with an event. */
  let handler: () => void = () => undefined;
  const waiting = new Set<Waiting>();
  const circuits = new Map(
    ROUTES.map(({ route }) => {
      const [source = '', name = ''] = route.split('/');
      return [
        route,
        new Circuit({ route, breakers, clock, report: circuitReport({ log, emit, source, route: name }) }),
      ];
    }),
  );
  let executions = 0;

  async function process(): Promise<void> {
    for (const sent of queue.sent.splice(0)) waiting.add({ ...sent, sentAt: clock.now(), receives: 0, visibleAt: 0 });
    for (const message of waiting) {
      const { source, route, body, sentAt } = message;
      const circuit = circuits.get(`${source}/${route}`);
      if (!circuit || message.visibleAt > clock.now()) continue;
      const processed = processingReport({ log, emit, source, route, now: () => clock.now() });
      const verdict = await take(
        processor({ on: '*', schema: z.unknown(), handler: () => handler() }),
        {
          body,
          sentAt,
          hop: 'main',
          receives: ++message.receives,
          owner: `execution-${++executions}`,
          deadline: clock.now() + 30_000,
        },
        { store, clock, log, circuit, random: () => 0, report: (outcome) => processed.report(outcome) },
        (delaySeconds) => {
          message.visibleAt = clock.now() + delaySeconds * 1000;
          return Promise.resolve();
        },
      );
      processed.flush();
      if (verdict === 'taken') waiting.delete(message);
    }
  }

  const swept = sweepReport({ log, emit, sources: names });
  const booked = new Map<string, Minutes>();
  const ledger = {
    sources: names,
    timeoutOf: () => 30 as const,
    log: {
      since: (sources: readonly string[], from: number) => {
        const records = [...store.records.values()];
        const found = records.filter(({ source, receivedAt }) => sources.includes(source) && receivedAt >= from);
        return Promise.resolve({ records: found, cut: [] });
      },
    },
    book: {
      read: (source: string, hour: number) => Promise.resolve(booked.get(`${source} ${hour}`)),
      write: (source: string, hour: number, minutes: Minutes) =>
        Promise.resolve(void booked.set(`${source} ${hour}`, minutes)),
    },
  };

  const mappings = new Map<string, MappingSettings>(
    ROUTES.flatMap(({ mappings: [main = '', dead = ''], maximumConcurrency }) => [
      [main, { enabled: true, maximumConcurrency }],
      [dead, { enabled: true, maximumConcurrency: 2 }],
    ]),
  );
  const controls = {
    breakers,
    clock,
    report: controlReport({ log, emit }),
    mappings: {
      read: (id: string) => Promise.resolve(mappings.get(id)),
      update: (id: string, settings: MappingSettings) => Promise.resolve(void mappings.set(id, settings)),
    },
  };

  const addresses = new Map<string, readonly string[]>();
  const sets: IpSets = {
    read: (set) => Promise.resolve({ addresses: addresses.get(set) ?? [], token: '' }),
    replace: (set, wanted) => {
      addresses.set(set, wanted);
      return Promise.resolve(true);
    },
  };
  let published = LISTED;
  let allowlist: Allowlist | undefined;
  const follows = {
    sets,
    clock,
    report: followReport({ log, emit, sources: SOURCES }),
    fetch: () => Promise.resolve(published),
    allowlists: {
      read: () => Promise.resolve(allowlist),
      change: (_provider: string, _seen: Allowlist, next: Allowlist) => {
        allowlist = next;
        return Promise.resolve(true);
      },
    },
  };

  let blocklist: Blocklist | undefined;
  const blocks = {
    sets,
    clock,
    setNames: { IPV4: 'blocked v4', IPV6: 'blocked v6' },
    allowed: () => Promise.resolve([LISTED]),
    read: () => Promise.resolve(blocklist),
    change: (_seen: Blocklist, next: Blocklist) => {
      blocklist = next;
      return Promise.resolve(true);
    },
  };
  const blocked = blockReport({ log, emit });

  return {
    store,
    queue,
    secretStore,
    mappings,
    breakers,
    /** A delivery comes in now. */
    receives: async (delivery: Delivery) => {
      const receipt = await receive({ ...delivery, receivedAt: clock.now() });
      await reports({ ...delivery, receivedAt: clock.now() }, delivery.source, receipt);
      return receipt;
    },
    /** From now on. */
    handle: (next: () => void) => void (handler = next),
    /** What GitHub publishes from now on. */
    publish: (list: string) => void (published = list),
    /** What runs in each minute. */
    minute: async () => {
      await process();
      const result = await sweep(
        { store, queue, clock },
        { until: Infinity, found: (waitedMs) => swept.waited(waitedMs) },
      );
      swept.swept(result);
      swept.ledger(await keepLedger(ledger, { now: clock.now(), hours: 2, most: 5_000 }));
      await control(ROUTES, controls);
      await follow([GITHUB], follows);
      blocked(await keepBlocklist(attempts, blocks));
      attempts = [];
    },
  };
}
