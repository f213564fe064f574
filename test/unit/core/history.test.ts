import { type HistoryLine, historyOf } from '../../../lambdas/core/admin/event-history.ts';

const NOON = Date.parse('2026-11-22T12:00:00.000Z');

function line(writer: HistoryLine['writer'], afterMs: number, fields: HistoryLine['fields']): HistoryLine {
  return { writer, at: NOON + afterMs, fields };
}

test('the lines of all functions are one history, oldest first, with what lies between them', () => {
  const history = historyOf([
    line('processor', 42_000, { message: 'done', attempt: 2, ms: 2_000 }),
    line('verifier', 20, { message: 'accepted', ms: 20 }),
    line('processor', 5_000, { message: 'failed', reason: 'threw: no such order', ms: 900 }),
    line('verifier', 6_000, { message: 'duplicate', sameBody: false, ms: 10 }),
  ]);

  expect(history.map(({ what, outcome, attempt, ms, waitedMs }) => [what, outcome, attempt, ms, waitedMs])).toEqual([
    ['delivery', 'accepted', null, 20, null],
    ['attempt', 'failed', 1, 900, 4_080],
    ['delivery', 'duplicate', null, 10, 990],
    ['attempt', 'done', 2, 2_000, 34_000],
  ]);
  expect(history.map(({ reason }) => reason)).toEqual([null, 'threw: no such order', 'with another payload', null]);
  expect(history[3]?.at).toBe('2026-11-22T12:00:42.000Z');
});

test('a message that ran no handler is no attempt, and who let an event run again is named with the reason', () => {
  const history = historyOf([
    line('processor', 0, { message: 'skipped', reason: 'already-done' }),
    line('admin', 1_000, { message: 'replay', who: 'ana', why: 'the order is there now', outcome: 'restarted' }),
    line('admin', 2_000, { message: 'replay', who: 'ben', why: '', outcome: 'refused', refusal: 'processing' }),
  ]);

  expect(history).toMatchObject([
    { what: 'message', outcome: 'skipped', attempt: null, reason: 'already-done', who: null },
    { what: 'replay', outcome: 'restarted', reason: 'the order is there now', who: 'ana', waitedMs: 1_000 },
    { what: 'replay', outcome: 'processing', reason: null, who: 'ben', waitedMs: 1_000 },
  ]);
});

test('a field that is of another type than it should be says nothing, and breaks nothing', () => {
  const [entry] = historyOf([line('processor', 0, { message: 'failed', attempt: '2', ms: -1, reason: { a: 1 } })]);
  expect(entry).toMatchObject({ outcome: 'failed', attempt: 1, ms: null, reason: null });
});
