import { opened, probing, switched, UNTOUCHED } from '../../lambdas/core/processing/breaker.ts';
import { STORES, type StoreUnderTest } from './stores.ts';

const NOW = 1_795_334_400_000;
const WINDOW = 60_000;
const failure = { now: NOW, successes: 0, windowMs: WINDOW };

let routes = 0;

describe.each(STORES)('the breakers: %s', (_, open) => {
  let subject: StoreUnderTest;
  const breakers = () => subject.breakers;
  /** A route that no other test has. */
  const newRoute = () => `stripe/route-${++routes}`;

  beforeAll(async () => {
    subject = await open();
  });

  afterAll(() => subject.close());

  test('a route that never failed has none', async () => {
    expect(await breakers().read(newRoute())).toBeUndefined();
  });

  test('failures of a window are added up, with the successes that came along', async () => {
    const route = newRoute();
    expect(await breakers().recordFailure(route, { ...failure, successes: 2 })).toEqual({
      ...UNTOUCHED,
      windowStart: NOW,
      failures: 1,
      successes: 2,
    });
    expect(await breakers().recordFailure(route, { ...failure, now: NOW + WINDOW - 1, successes: 3 })).toMatchObject({
      windowStart: NOW,
      failures: 2,
      successes: 5,
    });
    expect(await breakers().read(route)).toMatchObject({ failures: 2 });
  });

  test('a failure after the window begins another', async () => {
    const route = newRoute();
    await breakers().recordFailure(route, { ...failure, successes: 9 });

    expect(await breakers().recordFailure(route, { ...failure, now: NOW + WINDOW, successes: 1 })).toMatchObject({
      windowStart: NOW + WINDOW,
      failures: 1,
      successes: 1,
    });
  });

  test('failures at once are all counted, but for those that begin the window together', async () => {
    const route = newRoute();
    await breakers().recordFailure(route, failure);
    await Promise.all(Array.from({ length: 20 }, () => breakers().recordFailure(route, failure)));

    expect(await breakers().read(route)).toMatchObject({ failures: 21 });
  });

  test('a change is made once, by one of many who saw the same', async () => {
    const route = newRoute();
    const seen = await breakers().recordFailure(route, failure);
    const makers = Array.from({ length: 10 }, (_maker, i) => `execution-${i}`);
    const made = await Promise.all(makers.map((by) => breakers().change(route, seen, opened(seen, NOW, by))));

    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await breakers().read(route)).toEqual(opened(seen, NOW, makers[made.indexOf(true)] ?? ''));
  });

  test('who repeats its change, because the first answer was lost, has made it', async () => {
    const route = newRoute();
    const next = opened(UNTOUCHED, NOW, 'me');
    expect(await breakers().change(route, UNTOUCHED, next)).toBe(true);
    expect(await breakers().change(route, UNTOUCHED, next)).toBe(true);
    expect(await breakers().change(route, UNTOUCHED, opened(UNTOUCHED, NOW, 'another'))).toBe(false);

    const half = probing(next, NOW, 'me');
    expect(await breakers().change(route, next, half)).toBe(true);
    expect(await breakers().change(route, next, opened(next, NOW, 'another'))).toBe(false);
    expect(await breakers().read(route)).toEqual(half);
  });

  test('a failure counted in between does not stand in the way of a change', async () => {
    const route = newRoute();
    const seen = await breakers().recordFailure(route, failure);
    await breakers().recordFailure(route, failure);

    expect(await breakers().change(route, seen, opened(seen, NOW, 'me'))).toBe(true);
  });

  test('a pause and a person’s word come and go', async () => {
    const route = newRoute();
    const paused = switched(UNTOUCHED, 'pause', NOW, 'ada');
    const both = switched(paused, 'open', NOW, 'ada');
    const forced = switched(both, 'resume', NOW, 'ada');
    const closed = switched(forced, 'close', NOW, 'ada');
    for (const [seen, next] of [
      [UNTOUCHED, paused],
      [paused, both],
      [both, forced],
      [forced, closed],
    ] as const) {
      expect(await breakers().change(route, seen, next)).toBe(true);
      expect(await breakers().read(route)).toEqual(next);
    }
  });

  test('how the mappings were set is noted beside it, whatever else changes', async () => {
    const route = newRoute();
    await breakers().noteMapping(route, 'disabled');
    expect(await breakers().read(route)).toEqual({ ...UNTOUCHED, mapping: 'disabled' });

    const next = opened(UNTOUCHED, NOW, 'me');
    await breakers().change(route, UNTOUCHED, next);
    expect(await breakers().read(route)).toEqual({ ...next, mapping: 'disabled' });
  });
});
