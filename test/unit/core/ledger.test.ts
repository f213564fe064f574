import { balances, isOverdue, ledgerOf } from '../../../lambdas/core/ledger/ledger.ts';
import type { EventRecord } from '../../../lambdas/core/record.ts';
import { timeoutsOf } from '../../../lambdas/core/source.ts';

/** Sunday 2026-11-22 08:30:00 UTC. */
const NOW = 1_795_336_200_000;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function event(more: Partial<EventRecord> = {}): EventRecord {
  return {
    v: 1,
    pk: 'stripe#evt_1',
    status: 'DONE',
    source: 'stripe',
    type: 'invoice.paid',
    bodySha256: 'a'.repeat(64),
    bodyBytes: 2,
    receivedAt: NOW - 10 * MINUTE,
    epoch: 0,
    attempt: 1,
    expiresAt: NOW / 1000 + 1_000_000,
    ...more,
  };
}

test('what was accepted is booked by hour and source, newest first, and adds up', () => {
  const rows = ledgerOf(
    [
      event(),
      event({ status: 'FILTERED' }),
      event({ status: 'PARKED' }),
      event({ status: 'RECEIVED' }),
      event({ status: 'PROCESSING', leaseUntil: NOW }),
      event({ source: 'github' }),
      event({ receivedAt: NOW - 60 * MINUTE }),
    ],
    [],
    NOW,
    () => 30,
  );
  const none = { done: 0, filtered: 0, parked: 0, inFlight: 0, missing: 0, overdue: 0 };

  expect(rows).toEqual([
    { ...none, source: 'github', hour: '2026-11-22T08:00:00.000Z', accepted: 1, done: 1 },
    {
      source: 'stripe',
      hour: '2026-11-22T08:00:00.000Z',
      accepted: 5,
      done: 1,
      filtered: 1,
      parked: 1,
      inFlight: 2,
      missing: 0,
      overdue: 1,
    },
    { ...none, source: 'stripe', hour: '2026-11-22T07:00:00.000Z', accepted: 1, done: 1 },
  ]);
});

const slow = { processor: 'stripe/slow', name: 'slow', on: 'slow.*', timeoutSeconds: 300 };
const timeoutOf = timeoutsOf([
  { name: 'stripe', provider: 'stripe', maxBodyBytes: 1, secretOverlapSeconds: 1, routes: [slow] },
]);

test.each<[string, Partial<EventRecord>, number]>([
  ['received, a minute after', { status: 'RECEIVED', receivedAt: NOW }, MINUTE],
  [
    'received and watched by the sweeper, a minute after that',
    { status: 'RECEIVED', outboxAt: NOW + MINUTE },
    2 * MINUTE,
  ],
  [
    'in process, when its killed execution’s message should be back',
    { status: 'PROCESSING', leaseUntil: NOW },
    4 * MINUTE,
  ],
  [
    'in process of a dead letter, whose queue hides its messages for five minutes',
    { status: 'PROCESSING', leaseUntil: NOW, movedAt: NOW - 10 * MINUTE },
    6 * MINUTE,
  ],
  [
    'in process of a route whose function may take five minutes, half an hour after its lease',
    { status: 'PROCESSING', leaseUntil: NOW, route: 'slow' },
    31 * MINUTE,
  ],
  ['failed, a minute after its next attempt', { status: 'FAILED', nextAt: NOW }, MINUTE],
])('an event that is %s, is overdue', (_case, more, after) => {
  expect(isOverdue(event(more), NOW + after, timeoutOf)).toBe(false);
  expect(isOverdue(event(more), NOW + after + 1, timeoutOf)).toBe(true);
});

test.each(['DONE', 'PARKED', 'FILTERED'] as const)('an event that is %s waits for nothing', (status) => {
  expect(isOverdue(event({ status }), NOW + 1_000 * MINUTE, () => 30)).toBe(false);
});

test('what is overdue and missing is added up for every source, also where there is nothing', () => {
  const [overdue, done] = [event({ status: 'RECEIVED' }), event({ receivedAt: NOW - 61 * MINUTE })];
  const hour = NOW - 30 * MINUTE;
  const booked = [0, 0, 0, ...Array.from({ length: 57 }, () => 0)];
  const rows = ledgerOf(
    [overdue, done],
    [{ source: 'stripe', hour, booked: booked.with(2, 3), counted: booked.with(2, 1) }],
    NOW,
    () => 30,
  );

  expect(rows[0]).toMatchObject({ accepted: 3, inFlight: 1, missing: 2, overdue: 1 });
  expect(balances(rows, ['stripe', 'github'], [])).toEqual(
    new Map([
      ['stripe', { overdue: 1, missing: 2 }],
      ['github', { overdue: 0, missing: 0 }],
    ]),
  );
});

test('of a source that was not read whole only what is overdue is told: that nothing is cannot be known', () => {
  const rows = ledgerOf([event({ status: 'RECEIVED' }), event({ source: 'github' })], [], NOW, () => 30);

  expect(balances(rows, ['stripe', 'github', 'shop'], ['stripe', 'github'])).toEqual(
    new Map([
      ['stripe', { overdue: 1, missing: 0 }],
      ['shop', { overdue: 0, missing: 0 }],
    ]),
  );
});
