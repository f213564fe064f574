import type { EventRecord } from '../../../lambdas/core/record.ts';
import { settledEvents } from '../../../lambdas/core/ledger/settled.ts';

const MINUTE = 60_000;

function record(pk: string, status: EventRecord['status']): EventRecord {
  return {
    v: 1,
    pk,
    status,
    source: 'inkress',
    type: 'payment.success',
    bodySha256: '',
    bodyBytes: 0,
    receivedAt: 0,
    epoch: 0,
    attempt: 1,
    expiresAt: 1,
  };
}

test('what is DONE or FILTERED need not be read again for a quarter of an hour; everything else is read each time', () => {
  let now = 0;
  const settled = settledEvents(() => now);
  const statuses = ['DONE', 'FILTERED', 'RECEIVED', 'PROCESSING', 'FAILED', 'PARKED'] as const;
  settled.learn(statuses.map((status) => record(status, status)));

  now = 15 * MINUTE - 1;
  expect(statuses.filter((pk) => settled.get(pk) !== undefined)).toEqual(['DONE', 'FILTERED']);
  now = 15 * MINUTE;
  expect(statuses.filter((pk) => settled.get(pk) !== undefined)).toEqual([]);
});

test('an event that was settled and is read as begun anew is not settled any more', () => {
  const settled = settledEvents(() => 0);
  settled.learn([record('a', 'DONE')]);
  settled.learn([record('a', 'RECEIVED')]);
  expect(settled.get('a')).toBeUndefined();
});
