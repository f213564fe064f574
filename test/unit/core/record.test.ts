import { beginningOf } from '../../../lambdas/core/record.ts';

test('a text is cut at a character, never inside one', () => {
  expect(beginningOf('short', 5)).toBe('short');
  expect(beginningOf('äöü', 5)).toBe('äö');
  expect(beginningOf('a😀b', 4)).toBe('a');
});
