import type { Outcome } from '../../lambdas/core/processing/consume.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import { alarmRules } from '../../lib/alarms/list.ts';
import type { Desired } from '../../local/template/desired.ts';
import { alarmWorld, type AlarmWorld, desiredOfLocalStage } from '../support/alarm-world.ts';
import { type Cause, CAUSES, forgery, payment } from './alarm-causes.ts';

const HOUR = 60 * 60_000;

let desired: Desired;
beforeAll(async () => {
  desired = await desiredOfLocalStage();
});

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
const failed = (): Outcome => ({ outcome: 'failed', delaySeconds: 30, record: RECORD, reason: 'Error: no' });

/** What goes on in a healthy gateway: what runs every minute runs, and now and then a delivery comes. */
async function minute(world: AlarmWorld, { quiet }: Pick<Cause, 'quiet'> = {}): Promise<void> {
  const firstOfHour = world.clock.now() % HOUR < 60_000;
  await world.does(async ({ receives, minute: runs }) => {
    if (firstOfHour && !quiet) await receives(payment());
    await runs();
  });
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
});

test.each(Object.entries(CAUSES))(
  '%s rings by its cause, alone, and is over when the cause is',
  async (_name, { alarm, wakes, happens, once, minutes, ...differs }) => {
    const world = alarmWorld(desired);
    // A healthy hour before.
    for (let i = 0; i < 60; i++) {
      await minute(world);
      world.pass();
    }
    expect(world.ringing()).toEqual([]);

    const mends: (() => unknown)[] = [];
    for (let passed = 0; passed <= minutes && world.ringing().length === 0; passed++) {
      const mend = passed > 0 && once ? undefined : await happens(world);
      if (mend) mends.push(mend);
      await minute(world, differs);
      world.pass();
    }
    expect(world.ringing()).toEqual([alarm, ...(wakes ? ['gateway-unhealthy'] : [])].sort());

    for (const mend of mends) await mend();
    // The longest looks back six hours; a delivery comes within the first.
    for (let i = 0; i < 362 && world.ringing().length > 0; i++) {
      await minute(world);
      world.pass();
    }
    expect(world.ringing()).toEqual([]);
  },
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
});

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
    if (i % 240 === 0) await world.does(({ receives }) => receives(forgery(payment())));
    world.pass();
  }
  expect(world.ringing()).toEqual(['silence-inkress']);
});

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
