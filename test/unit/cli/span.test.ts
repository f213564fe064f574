import { span } from '../../../cli/span.ts';

test.each([
  [-5, '0 s'],
  [999, '0 s'],
  [119_999, '119 s'],
  [120_000, '2 min'],
  [119 * 60_000, '119 min'],
  [47 * 3_600_000, '47 h'],
  [48 * 3_600_000, '2 d'],
])('%d ms are said as %s', (ms, said) => {
  expect(span(ms)).toBe(said);
});
