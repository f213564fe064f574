import { sharesOf } from '../../../lambdas/core/ledger/shares.ts';

test.each([
  [[3, 2, 1], 10, [3, 2, 1]],
  [[100, 2, 1], 10, [7, 2, 1]],
  [[100, 100, 1], 11, [5, 5, 1]],
  [[4, 4], 0, [0, 0]],
  [[], 10, []],
])('of %j who share %d each gets %j', (wanted, most, shares) => {
  expect(sharesOf(wanted, most)).toEqual(shares);
});
