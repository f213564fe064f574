import { isStale, type Version } from '../../../lambdas/core/stale.ts';

const NOON = '2026-11-22T12:00:00Z';

test.each<[string, Version | undefined, Version, boolean]>([
  ['the first of all', undefined, { occurredAt: NOON }, false],
  ['later', { occurredAt: NOON }, { occurredAt: '2026-11-22T12:00:00.001Z' }, false],
  ['earlier', { occurredAt: '2026-11-22T12:00:00.001Z' }, { occurredAt: NOON }, true],
  ['of the same moment', { occurredAt: NOON }, { occurredAt: new Date(NOON) }, false],
  ['earlier, though its text stands behind', { occurredAt: NOON }, { occurredAt: '2026-11-22T13:30:00+02:00' }, true],
  ['earlier in milliseconds', { occurredAt: 1_764_000_000_000 }, { occurredAt: 1_763_999_999_999 }, true],
  ['of a lower number', { sequence: 10 }, { sequence: '9' }, true],
  ['of the same number', { sequence: 10 }, { sequence: 10n }, true],
  ['of a higher number, as a number and not as text', { sequence: '9' }, { sequence: '10' }, false],
  ['of a number past 2^53', { sequence: '90071992547409931' }, { sequence: '90071992547409930' }, true],
  ['of a higher number and an earlier time', { sequence: 1, occurredAt: NOON }, { sequence: 2, occurredAt: 0 }, false],
  ['without anything to compare', { occurredAt: NOON }, {}, false],
  ['of a number where a time is kept', { occurredAt: NOON }, { sequence: 1 }, false],
  ['of a time that is none', { occurredAt: NOON }, { occurredAt: 'yesterday' }, false],
  ['of a time without its zone', { occurredAt: NOON }, { occurredAt: '2026-11-22T11:00:00' }, false],
  ['of a number that is none', { sequence: 5 }, { sequence: '4.5' }, false],
])('an event %s', (_, stored, event, stale) => {
  expect(isStale(stored, event)).toBe(stale);
});
