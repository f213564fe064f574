import { runOutage } from './outage.ts';

const HOUR = 60;

test.each([true, false])(
  'ten minutes down under 1,000 events (controller: %p): nobody is received twice in an open time, nothing is dead-lettered, each is done once',
  async (controlled) => {
    const result = await runOutage({ events: 1_000, minutes: 10, controlled });

    expect(result).toMatchObject({ openings: 4, receivesPerWindow: 1, movedOn: 0, burned: [] });
    expect(result.statuses).toEqual(new Set(['DONE']));
    expect([result.effects.size, new Set(result.effects.values())]).toEqual([1_000, new Set([1])]);
    // One try each, those that were under way when it opened, and a probe for each open time.
    expect(result.tries).toBeLessThan(1_100);
    expect(result.receives).toBeLessThanOrEqual(5);
    expect(result.recoveryMinutes).toBeLessThanOrEqual(30);
  },
);

test.each([1, 2, 24].flatMap((hours) => [true, false].map((controlled) => ({ hours, controlled }))))(
  'down for $hours h (controller: $controlled): nothing leaves its queue for having waited',
  async ({ hours, controlled }) => {
    const { burned, effects, statuses } = await runOutage({ events: 50, minutes: hours * HOUR, controlled });

    expect(burned).toEqual([]);
    expect(new Set(effects.values())).toEqual(new Set([1]));
    // What was tried often enough is parked; nothing is left in between.
    expect(['DONE', 'PARKED']).toEqual(expect.arrayContaining([...statuses]));
  },
);
