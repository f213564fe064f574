import { listing, table } from '../../cli/table.ts';

test('columns are as wide as their widest cell, and cells are inert', () => {
  expect(
    table(
      ['TYPE', 'STATUS'],
      [
        ['payment.success', 'DONE'],
        ['x\u001b[0m', 'FAILED'],
      ],
    ),
  ).toBe(['TYPE             STATUS', 'payment.success  DONE', 'x·[0m            FAILED'].join('\n'));
});

test('what has no value is left out of a listing', () => {
  expect(
    listing([
      ['status', 'DONE'],
      ['last error', null],
      ['attempt', 1],
    ]),
  ).toBe('status   DONE\nattempt  1');
});
