import { runOrdered } from './ordered.ts';

const EVENTS = Array.from({ length: 100 }, (_, at) => at);

describe.each([1, 2, 3])('fifty groups of a hundred events with random failures (seed %d)', (seed) => {
  test('each group runs in its order, stops at its first failure, and goes on when that is parked', async () => {
    const result = await runOrdered({ seed, groups: 50, events: 100 });

    expect(result.overtakings).toEqual([]);
    expect(result.effects.size).toBe(50);
    const parked = new Set(result.parked.map(({ pk }) => pk));
    for (const [group, numbers] of result.effects) {
      expect(numbers).toEqual(EVENTS.filter((at) => !parked.has(`skribby#${group}-${at}`)));
    }
    expect((result.statuses.DONE ?? 0) + (result.statuses.PARKED ?? 0)).toBe(5_000);
    expect(parked.size).toBeGreaterThan(50);
    expect(result.crashes).toBeGreaterThan(10);
    expect([...result.triesOfParked].sort()).toEqual([5]);
    expect(result.burned).toEqual([]);
    expect(result.mostReceives).toBeLessThanOrEqual(100);
    expect(await result.redrive()).toEqual([]);
  });
});

test('ten minutes down: the breaker opens, nothing is parked for having waited, and order is kept', async () => {
  const result = await runOrdered({ seed: 4, groups: 50, events: 100, outageMinutes: 10 });

  expect(result.openings).toBeGreaterThan(0);
  expect(result.overtakings).toEqual([]);
  expect((result.statuses.DONE ?? 0) + (result.statuses.PARKED ?? 0)).toBe(5_000);
  expect(result.burned).toEqual([]);
  expect([...result.triesOfParked].sort()).toEqual([5]);
});

test('a consumer that knows nothing of groups is found out', async () => {
  const { overtakings } = await runOrdered({ seed: 1, groups: 5, events: 20, groupOf: ({ owner }) => owner });

  expect(overtakings.length).toBeGreaterThan(0);
});
