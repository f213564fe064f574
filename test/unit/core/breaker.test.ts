import {
  admission,
  type Breaker,
  closed,
  deferralSeconds,
  mappingMode,
  opened,
  probing,
  switched,
  tripped,
  unprobed,
  UNTOUCHED,
} from '../../../lambdas/core/processing/breaker.ts';

const NOW = 1_795_334_400_000;
const SECOND = 1_000;
const open = opened(UNTOUCHED, NOW, 'me');

test.each<[failures: number, successes: number, trips: boolean]>([
  [4, 0, false],
  [5, 0, true],
  [5, 5, true],
  [5, 6, false],
  [50, 50, true],
  [50, 51, false],
])('%d failures beside %d successes: opens %p', (failures, successes, trips) => {
  expect(tripped({ ...UNTOUCHED, failures, successes })).toBe(trips);
});

test('an open breaker is not opened again', () => {
  expect(tripped({ ...open, failures: 100 })).toBe(false);
});

test('it opens for a minute, doubling to a quarter of an hour, and begins anew once it was closed', () => {
  const seconds: number[] = [];
  let breaker: Breaker = UNTOUCHED;
  for (let i = 0; i < 7; i++) {
    breaker = opened(breaker, NOW, 'me');
    seconds.push((breaker.openUntil - NOW) / SECOND);
  }
  expect(seconds).toEqual([60, 120, 240, 480, 900, 900, 900]);
  expect(opened(closed(breaker, 'me'), NOW, 'me').openUntil).toBe(NOW + 60 * SECOND);
});

test('while it is open events wait; afterwards one probes and the others wait for it', () => {
  expect(admission(UNTOUCHED, NOW)).toEqual({ kind: 'go' });
  expect(admission(open, NOW)).toEqual({ kind: 'wait', forMs: 60 * SECOND, byPerson: false });
  expect(admission(open, NOW + 60 * SECOND)).toEqual({ kind: 'probe' });

  const half = probing(open, NOW + 60 * SECOND, 'me');
  expect(admission(half, NOW + 61 * SECOND)).toEqual({ kind: 'wait', forMs: 59 * SECOND, byPerson: false });
  expect(admission(half, NOW + 120 * SECOND)).toEqual({ kind: 'probe' });
  expect(admission(unprobed(half, NOW + 61 * SECOND, 'me'), NOW + 61 * SECOND)).toEqual({ kind: 'probe' });
});

test('every change counts as a revision and begins to count failures anew', () => {
  expect(opened({ ...UNTOUCHED, failures: 5, successes: 1, windowStart: NOW }, NOW, 'me')).toEqual({
    state: 'OPEN',
    revision: 1,
    openUntil: NOW + 60 * SECOND,
    openings: 1,
    windowStart: 0,
    failures: 0,
    successes: 0,
    changedBy: 'me',
  });
});

describe('a person', () => {
  const by = 'arn:aws:iam::111122223333:user/ada';

  test('opens it until somebody closes it', () => {
    const forced = switched(UNTOUCHED, 'open', NOW, by);

    expect(admission(forced, NOW + 365 * 24 * 3600 * SECOND)).toMatchObject({ kind: 'wait', byPerson: true });
    expect(switched(forced, 'close', NOW, by)).toEqual({ ...UNTOUCHED, revision: 2, changedBy: by });
  });

  test('closes one that opened by itself', () => {
    expect(switched(open, 'close', NOW, by)).toMatchObject({ state: 'CLOSED', openings: 0, revision: 2 });
  });

  test('pauses and resumes; a pause survives every change of the breaker', () => {
    const paused = switched(open, 'pause', NOW, by);
    expect(admission(paused, NOW + 3600 * SECOND)).toMatchObject({ kind: 'wait', byPerson: true });
    expect(switched(paused, 'close', NOW, by)).toMatchObject({ state: 'CLOSED', pausedAt: NOW });
    expect(switched(paused, 'resume', NOW, by)).not.toHaveProperty('pausedAt');
  });

  test('who asks for what is so already changes nothing', () => {
    expect(switched(UNTOUCHED, 'resume', NOW, by)).toBe(UNTOUCHED);
    expect(switched(UNTOUCHED, 'close', NOW, by)).toBe(UNTOUCHED);
    const paused = switched(UNTOUCHED, 'pause', NOW, by);
    expect(switched(paused, 'pause', NOW, by)).toBe(paused);
    const forced = switched(UNTOUCHED, 'open', NOW, by);
    expect(switched(forced, 'open', NOW, by)).toBe(forced);
  });
});

test.each<[string, Breaker, number, string]>([
  ['closed', UNTOUCHED, NOW, 'configured'],
  ['open', open, NOW, 'disabled'],
  ['open, and over', open, NOW + 60 * SECOND, 'probing'],
  ['half open', probing(open, NOW, 'me'), NOW + SECOND, 'probing'],
  ['paused', switched(UNTOUCHED, 'pause', NOW, 'me'), NOW, 'disabled'],
  ['half open and paused', switched(probing(open, NOW, 'me'), 'pause', NOW, 'me'), NOW, 'disabled'],
  ['opened by a person', switched(UNTOUCHED, 'open', NOW, 'me'), NOW + 3600 * SECOND, 'disabled'],
])('the mappings of a route whose breaker is %s', (_, breaker, at, mode) => {
  expect(mappingMode(breaker, at)).toBe(mode);
});

describe('a deferred message', () => {
  test('comes back after the open time, at most half as long again later', () => {
    expect(deferralSeconds(240 * SECOND, 'main', 1, () => 0)).toBe(240);
    expect(deferralSeconds(240 * SECOND, 'main', 1, () => 0.999999)).toBe(360);
  });

  test('waits longer with every receive, up to half an hour less than SQS allows', () => {
    const least = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((receives) => deferralSeconds(0, 'main', receives, () => 0));
    expect(least).toEqual([60, 150, 375, 938, 2344, 5860, 14649, 36622, 41_400]);
    expect(deferralSeconds(0, 'main', 9, () => 0.999999)).toBe(41_400);
    expect(least.reduce((sum, seconds) => sum + seconds)).toBeGreaterThan(24 * 60 * 60);
  });

  test('of the dead letters, which are received half as often, waits twice as many steps', () => {
    expect([1, 2, 3, 4].map((receives) => deferralSeconds(0, 'dead', receives, () => 0))).toEqual([
      150, 938, 5860, 36_622,
    ]);
  });
});
