import { sampler, tally } from '../../../lambdas/adapters/reports/tally.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const source = { Source: 'inkress' };
const counted = (all: ReturnType<ReturnType<typeof tally>['due']>) =>
  all.map(({ dimensions, values, since }) => ({
    ...dimensions,
    ...Object.fromEntries([...values].map(([name, all]) => [name, all.length])),
    since,
  }));

test('the first after a pause is handed over at once, the next ones together after five seconds', () => {
  const clock = new ManualClock(60_000);
  const counts = tally(clock);
  counts.add('Accepted', source);
  expect(counted(counts.due())).toEqual([{ Source: 'inkress', Accepted: 1, since: 60_000 }]);

  clock.advance(1_000);
  counts.add('Accepted', source);
  counts.add('Accepted', source);
  counts.add('Duplicate', source);
  expect(counts.due()).toEqual([]);
  clock.advance(4_000);
  expect(counted(counts.due())).toEqual([{ Source: 'inkress', Accepted: 2, Duplicate: 1, since: 61_000 }]);
  expect(counts.due()).toEqual([]);
});

test('no more than 24 are held back, however fast they come', () => {
  const clock = new ManualClock(60_000);
  const counts = tally(clock);
  let held = 0;
  for (let i = 0; i < 1_000; i++) {
    counts.add('Rejected', source);
    held++;
    for (const { values } of counts.due()) held -= values.get('Rejected')?.length ?? 0;
    expect(held).toBeLessThanOrEqual(24);
  }
});

test('each set of dimensions is counted by itself', () => {
  const counts = tally(new ManualClock(60_000));
  counts.add('Rejected', source);
  counts.add('Rejected', { ...source, Reason: 'stale-timestamp' });
  counts.add('Rejected', { Source: 'skribby' });
  expect(counted(counts.due())).toEqual([
    { Source: 'inkress', Rejected: 1, since: 60_000 },
    { Source: 'inkress', Reason: 'stale-timestamp', Rejected: 1, since: 60_000 },
    { Source: 'skribby', Rejected: 1, since: 60_000 },
  ]);
});

test('twenty lines of a kind pass in a minute', () => {
  const clock = new ManualClock(60_000);
  const mayPass = sampler(clock);
  const passed = (kind: string) => Array.from({ length: 100 }, () => mayPass(kind)).filter(Boolean).length;

  expect(passed('inkress stale-timestamp')).toBe(20);
  expect(passed('inkress missing-signature')).toBe(20);
  clock.advance(59_999);
  expect(passed('inkress stale-timestamp')).toBe(0);
  clock.advance(1);
  expect(passed('inkress stale-timestamp')).toBe(20);
});
