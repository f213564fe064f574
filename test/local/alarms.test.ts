import type { Outcome } from '../../lambdas/core/processing/consume.ts';
import * as METRIC from '../../lambdas/core/metrics.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import { alarmRules } from '../../lib/alarms/list.ts';
import { alarmWorld, type AlarmWorld, desiredOfLocalStage } from '../support/alarm-world.ts';
import type { Desired } from '../../local/template/desired.ts';

const SOURCES = ['scalekit', 'inkress', 'skribby'];
const ROUTE = { Source: 'inkress', Route: 'payment-success' };
const QUEUE = 'hookgate-local-inkress-payment-success';
const ACCEPTED = {
  receipt: 'accepted',
  via: 'queue',
  event: { key: 'evt_1', type: 'payment.success', route: 'payment-success', secret: { stage: 'AWSCURRENT' } },
} as const;

let desired: Desired;
beforeAll(async () => {
  desired = await desiredOfLocalStage();
}, 60_000);

/** What makes an alarm ring. */
interface Cause {
  /** Its name, without stage. */
  readonly alarm: string;
  /** Whether it wakes somebody. */
  readonly wakes?: true;
  /** Happens in each minute while the cause lasts; what it returns puts things right. */
  readonly happens: (world: AlarmWorld) => Promise<unknown> | (() => void);
  /** How many minutes until it must ring. */
  readonly minutes: number;
  /** Without the delivery an hour that everything else assumes. */
  readonly quiet?: true;
  /** A source of which the sweeper counts an overdue event. */
  readonly overdue?: string;
}

const NEWER = { outcome: 'deferred', why: 'newer-version', delaySeconds: 300, pk: 'inkress#evt_1' } as const;

const CAUSES: Readonly<Record<string, Cause>> = {
  parked: {
    alarm: 'parked-inkress-payment-success',
    happens: ({ put }) => put(`${QUEUE}-parked`),
    minutes: 1,
  },
  'verifier-5xx': {
    alarm: 'verifier-5xx-api',
    wakes: true,
    happens: ({ answered }) => Promise.resolve(answered({ status: 503 })),
    minutes: 1,
  },
  throttled: {
    alarm: 'throttled-api',
    wakes: true,
    happens: ({ answered }) => Promise.resolve(answered({ status: 429 })),
    minutes: 1,
  },
  'ledger-mismatch': {
    alarm: 'ledger-mismatch-skribby',
    wakes: true,
    happens: () => Promise.resolve(),
    overdue: 'skribby',
    minutes: 16,
  },
  'outbox-age': {
    alarm: 'outbox-age-inkress',
    wakes: true,
    happens: ({ metric }) => metric(METRIC.OUTBOX_AGE_METRIC, 901, { Source: 'inkress' }),
    minutes: 1,
  },
  'function-errors': {
    alarm: 'function-errors-sweeper',
    wakes: true,
    happens: ({ functionRuns }) => Promise.resolve(functionRuns('Sweeper', 'failed')),
    minutes: 3,
  },
  'all-rejected': {
    alarm: 'all-rejected-skribby',
    happens: ({ delivery }) => delivery('skribby', { receipt: 'rejected', reason: 'wrong-secret-or-changed-body' }),
    minutes: 3,
  },
  silence: { alarm: 'silence-inkress', happens: () => Promise.resolve(), minutes: 26 * 60, quiet: true },
  'breaker-open': {
    alarm: 'breaker-open-inkress-payment-success',
    happens: ({ metric }) => metric(METRIC.BREAKER_METRIC.open, 1, ROUTE),
    minutes: 1,
  },
  'dead-letters': {
    alarm: 'dead-letters-inkress-payment-success',
    wakes: true,
    happens: ({ put }) => put(`${QUEUE}-dead`),
    minutes: 1,
  },
  'newer-version': {
    alarm: 'newer-version-all',
    happens: ({ outcomes }) => outcomes('inkress', 'payment-success', [NEWER]),
    minutes: 1,
  },
  'oldest-message': {
    alarm: 'oldest-message-inkress-payment-success',
    wakes: true,
    happens: ({ put }) => put(QUEUE),
    minutes: 12,
  },
  failures: {
    alarm: 'failures-inkress-payment-success',
    happens: ({ outcomes }) => outcomes('inkress', 'payment-success', Array.from({ length: 11 }, failed)),
    minutes: 1,
  },
  'slow-processing': {
    alarm: 'slow-processing-inkress-payment-success',
    happens: ({ outcomes }) => outcomes('inkress', 'payment-success', [done(5_001)]),
    minutes: 1,
  },
  'rejected-spike': {
    alarm: 'rejected-spike-inkress',
    happens: async ({ delivery }) => {
      for (let i = 0; i < 60; i++) await delivery('inkress', { receipt: 'rejected', reason: 'stale-timestamp' });
    },
    minutes: 2,
  },
  'secret-overlap-overdue': {
    alarm: 'secret-overlap-overdue-inkress',
    happens: ({ delivery }) =>
      delivery('inkress', {
        ...ACCEPTED,
        event: { ...ACCEPTED.event, secret: { stage: 'AWSPREVIOUS', overdue: true } },
      }),
    minutes: 2,
  },
  'edge-blocks': {
    alarm: 'edge-blocks-web-acl',
    happens: ({ services, clock }) => {
      for (let i = 0; i < 101; i++) services.blocked('ill-repute', clock.now());
      return Promise.resolve();
    },
    minutes: 1,
  },
  'blocked-addresses': {
    alarm: 'blocked-addresses-all',
    happens: ({ metric }) => metric(METRIC.BLOCKED_ADDRESSES_METRIC, 1, {}),
    minutes: 1,
  },
  'allowlist-drift': {
    alarm: 'allowlist-drift-github',
    happens: ({ metric }) => metric(METRIC.ALLOWLIST_DRIFT_METRIC, 1, { Source: 'github' }),
    minutes: 1,
  },
  'secret-rotation-failed': {
    alarm: 'secret-rotation-failed-function',
    happens: ({ functionRuns }) => Promise.resolve(functionRuns('Rotation', 'failed')),
    minutes: 1,
  },
  'mapping-drift': {
    alarm: 'mapping-drift-inkress-payment-success',
    happens: ({ metric }) => metric(METRIC.BREAKER_METRIC.drift, 1, ROUTE),
    minutes: 1,
  },
};

function record(): EventRecord {
  return { ...RECORD, receivedAt: Date.now() };
}
const RECORD: EventRecord = {
  v: 1,
  pk: 'inkress#evt_1',
  status: 'PROCESSING',
  source: 'inkress',
  type: 'payment.success',
  route: 'payment-success',
  bodySha256: 'a'.repeat(64),
  bodyBytes: 1,
  receivedAt: 0,
  epoch: 0,
  attempt: 1,
  expiresAt: 0,
};
const failed = (): Outcome => ({ outcome: 'failed', delaySeconds: 30, record: record(), reason: 'Error: no' });
const done = (processingMs: number): Outcome => ({ outcome: 'done', record: record(), processingMs });

/** What goes on in a healthy gateway: the sweeper speaks every minute, and each source hears of its provider. */
async function minute(world: AlarmWorld, { quiet, overdue }: Pick<Cause, 'quiet' | 'overdue'> = {}): Promise<void> {
  for (const source of SOURCES) {
    await world.metric(METRIC.OUTBOX_AGE_METRIC, 0, { Source: source });
    await world.metric(METRIC.LEDGER_METRIC.overdue, Number(source === overdue), { Source: source });
    await world.metric(METRIC.LEDGER_METRIC.missing, 0, { Source: source });
  }
  const firstOfHour = world.clock.now() % (60 * 60_000) < 60_000;
  if (firstOfHour && !quiet) await world.delivery('inkress', ACCEPTED);
  for (const construct of ['Sweeper', 'Controller', 'Blocker', 'Allowlists'])
    world.functionRuns(construct, 'succeeded');
  world.answered({ status: 202 });
}

test('there is a cause for every alarm', () => {
  const rules = alarmRules.map(({ name }) => name);
  expect(Object.keys(CAUSES).sort()).toEqual(rules.sort());
});

test('a healthy gateway is quiet for more than a day', async () => {
  const world = alarmWorld(desired);
  for (let i = 0; i < 27 * 60; i++) {
    await minute(world);
    world.pass();
    expect(world.ringing()).toEqual([]);
  }
}, 120_000);

test.each(Object.entries(CAUSES))(
  '%s rings by its cause, alone, and is over when the cause is',
  async (_name, { alarm, wakes, happens, minutes, ...differs }) => {
    const world = alarmWorld(desired);
    // A healthy hour before.
    for (let i = 0; i < 60; i++) {
      await minute(world);
      world.pass();
    }
    expect(world.ringing()).toEqual([]);

    let mend = () => {};
    let passed = 0;
    for (; passed <= minutes && world.ringing().length === 0; passed++) {
      await minute(world, differs);
      const effect = passed === 0 || minutes < 60 ? happens(world) : undefined;
      if (typeof effect === 'function') {
        const before = mend;
        mend = () => {
          before();
          effect();
        };
      } else await effect;
      world.pass();
    }
    expect(world.ringing()).toEqual([alarm, ...(wakes ? ['gateway-unhealthy'] : [])].sort());

    mend();
    // The longest looks back six hours; a delivery comes within the first.
    for (let i = 0; i < 362 && world.ringing().length > 0; i++) {
      await minute(world);
      world.pass();
    }
    expect(world.ringing()).toEqual([]);
  },
  120_000,
);

test('failures that have sunk below the threshold ring no more when nothing follows them', async () => {
  const world = alarmWorld(desired);
  const failuresIn = async (count: number): Promise<boolean> => {
    await minute(world);
    if (count > 0) await world.outcomes('inkress', 'payment-success', Array.from({ length: count }, failed));
    world.pass();
    return world.ringing().includes('failures-inkress-payment-success');
  };
  for (let i = 0; i < 20; i++) await failuresIn(0);

  const rings: boolean[] = [];
  for (const count of [6, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) rings.push(await failuresIn(count));
  expect(rings.map(Number)).toEqual([0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
}, 60_000);

const RUNG_BY: readonly (readonly [what: string, happens: (world: AlarmWorld) => unknown, rings: readonly string[]])[] =
  [
    [
      'the admin API answers 429 and 5xx',
      ({ answered }) => {
        answered({ status: 429, path: '/local/admin/events' });
        answered({ status: 503, path: '/local/admin/events' });
      },
      [],
    ],
    [
      'a stranger goes over the limit of one address',
      ({ answered, services, clock }) => {
        answered({ status: 429, blocked: true });
        services.blocked('rate-by-address', clock.now());
      },
      [],
    ],
    [
      'a source goes over its limit',
      ({ answered, services, clock }) => {
        answered({ status: 429, blocked: true });
        services.blocked('rate-by-source-1', clock.now());
      },
      ['gateway-unhealthy', 'throttled-api'],
    ],
    [
      'too many of one address',
      ({ services, clock }) => {
        for (let i = 0; i < 101; i++) services.blocked('rate-by-address', clock.now());
      },
      ['edge-blocks-web-acl'],
    ],
    [
      'unknown paths and addresses',
      ({ services, clock }) => {
        for (let i = 0; i < 101; i++) services.blocked(i % 2 === 0 ? 'refuse' : 'Default_Action', clock.now());
      },
      ['edge-blocks-web-acl'],
    ],
    [
      'the address blocker fails',
      ({ functionRuns }) => functionRuns('Blocker', 'failed'),
      ['function-errors-address-blocker'],
    ],
    [
      'the breaker controller fails',
      ({ functionRuns }) => functionRuns('Controller', 'failed'),
      ['function-errors-breaker-controller', 'gateway-unhealthy'],
    ],
  ];

test.each(RUNG_BY)('%s: rings what it should and nothing else', async (_what, happens, rings) => {
  const world = alarmWorld(desired);
  for (let i = 0; i < 4; i++) {
    await minute(world);
    happens(world);
    world.pass();
  }
  expect(world.ringing()).toEqual(rings);
});

test('a source of which everything is refused is quiet, however much comes', async () => {
  const world = alarmWorld(desired);
  for (let i = 0; i < 27 * 60; i++) {
    await minute(world, { quiet: true });
    if (i % 240 === 0) await world.delivery('inkress', { receipt: 'rejected', reason: 'wrong-secret-or-changed-body' });
    world.pass();
  }
  expect(world.ringing()).toEqual(['silence-inkress']);
}, 120_000);

test('a function that is not called any more has no data, and whoever is told of its alarm hears of it', async () => {
  const world = alarmWorld(desired);
  for (let i = 0; i < 3; i++) {
    await minute(world);
    world.pass();
  }
  const name = 'hookgate-local-function-errors-sweeper';
  expect(world.alarms.status(name).state).toBe('OK');
  for (let i = 0; i < 16; i++) world.pass();
  expect(world.alarms.status(name).state).toBe('INSUFFICIENT_DATA');
});
