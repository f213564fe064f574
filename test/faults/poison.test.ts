import { processor } from '../../lambdas/core/processor.ts';
import { type Handlers, Route } from './route.ts';

const EVENTS = 10_000;
const POISON = 'event-4711';
const KEY = `inkress#${POISON}`;

type Deed = (die: () => void, kill: () => void) => Promise<void> | void;

/** Ten thousand events of which one is ill until it is mended. */
function withPoison(ill: Deed) {
  let mended = false;
  const handlers: Handlers = (die, kill) =>
    processor({
      on: '*',
      schema: { '~standard': { validate: (value) => ({ value }) } },
      handler: async ({ id = '' }, { commit }) => {
        if (id === POISON && !mended) return ill(die, kill);
        await commit([{ put: { table: 'effects', item: { id } } }]);
      },
    });
  const route = new Route(handlers);
  for (let at = 0; at < EVENTS; at++) route.add(`event-${at}`);
  return { route, mend: () => (mended = true) };
}

/** When the last of the healthy events was done, from the first on. */
function lastDone({ store }: Route): number {
  const times = [...store.records.values()].map(({ doneAt }) => doneAt ?? 0);
  return Math.max(...times) - Math.min(...[...store.records.values()].map(({ receivedAt }) => receivedAt));
}

test.each<[string, Deed, string]>([
  ['throws', () => Promise.reject(new TypeError('no such plan')), 'TypeError: no such plan'],
  ['never ends', () => new Promise<void>(() => undefined), 'DeadlineExceeded: The handler did not end within 29 s.'],
  [
    'ends its thread',
    (die) => {
      die();
      return new Promise<void>(() => undefined);
    },
    'cut-short: it died',
  ],
])(
  'one poison event among 10,000 that %s is parked after five tries and five as a dead letter; a redrive mends it',
  async (_, ill, lastError) => {
    const { route, mend } = withPoison(ill);
    await route.untilQuiet();

    expect(route.store.records.get(KEY)).toMatchObject({ status: 'PARKED', attempt: 10, lastError });
    expect(route.queues.messages).toMatchObject([{ hop: 'parked' }]);
    const others = route.records().filter(({ pk }) => pk !== KEY);
    expect(new Set(others.map(({ status, attempt }) => `${status} at attempt ${attempt}`))).toEqual(
      new Set(['DONE at attempt 1']),
    );
    expect([route.effects.size, new Set(route.effects.values())]).toEqual([EVENTS - 1, new Set([1])]);
    expect(route.breakers.rows.get('inkress/route')?.state ?? 'CLOSED').toBe('CLOSED');

    mend();
    route.clock.advance(60_000);
    expect(route.queues.redrive()).toBe(1);
    await route.untilQuiet();
    expect(route.store.records.get(KEY)).toMatchObject({ status: 'DONE', attempt: 11, epoch: 0 });
    expect([route.effects.size, new Set(route.effects.values())]).toEqual([EVENTS, new Set([1])]);
    expect(route.queues.messages).toEqual([]);
  },
);

test('the others are done no later than without it', async () => {
  const healthy = withPoison(() => undefined);
  const ill = withPoison(() => {
    throw new Error('ill');
  });
  await healthy.route.untilQuiet();
  await ill.route.untilQuiet();

  expect(lastDone(healthy.route)).toBe(19_900);
  expect(lastDone(ill.route)).toBe(19_900);
});

test('one that ends its whole process costs the others of its batch one try, then runs beside nobody until it is parked', async () => {
  const { route, mend } = withPoison((_, kill) => {
    kill();
    return new Promise<void>(() => undefined);
  });
  await route.untilQuiet();

  expect(route.store.records.get(KEY)).toMatchObject({
    status: 'PARKED',
    lastError: 'attempts-spent: the last one died, and no receive is left',
  });
  expect(route.queues.messages).toMatchObject([{ hop: 'parked' }]);
  const others = route.records().filter(({ pk }) => pk !== KEY);
  const ends = others.map(({ status, attempt }) => `${status} at attempt ${attempt}`);
  expect(new Set(ends)).toEqual(new Set(['DONE at attempt 1', 'DONE at attempt 2']));
  expect(ends.filter((end) => end === 'DONE at attempt 2').length).toBeLessThanOrEqual(9);
  // Two times the queue's visibility timeout.
  expect(lastDone(route)).toBeLessThanOrEqual(400_000);
  expect(route.breakers.rows.get('inkress/route')?.state ?? 'CLOSED').toBe('CLOSED');

  mend();
  route.clock.advance(60_000);
  expect(route.queues.redrive()).toBe(1);
  await route.untilQuiet();
  expect(route.store.records.get(KEY)).toMatchObject({ status: 'DONE', attempt: 12 });
  expect([route.effects.size, new Set(route.effects.values())]).toEqual([EVENTS, new Set([1])]);
});

test('one call of handleBatch that throws is one failure, however many events it had', async () => {
  const route = new Route(() =>
    processor({
      on: '*',
      schema: { '~standard': { validate: (value) => ({ value }) } },
      handleBatch: (events) => (events.length > 1 ? Promise.reject(new Error('one of you')) : Promise.resolve()),
    }),
  );
  for (let at = 0; at < 10; at++) route.add(`event-${at}`);
  await route.untilQuiet();

  expect(route.breakers.rows.get('inkress/route')).toMatchObject({ state: 'CLOSED', revision: 0, failures: 1 });
  expect(route.records().map(({ status, attempt }) => `${status} ${attempt}`)).toEqual(Array(10).fill('DONE 2'));
});

test('a dead letter is tried five minutes after its last try on the main queue, and every five from then on', async () => {
  const triedAt: number[] = [];
  const { route } = withPoison(() => {
    triedAt.push(route.clock.now());
    throw new Error('ill');
  });
  await route.untilQuiet();

  const waits = triedAt.map((at, index) => (at - (triedAt[index - 1] ?? at)) / 1_000);
  expect(waits.slice(5).map((wait) => Math.round(wait))).toEqual([301, 300, 300, 300, 300]);
});
