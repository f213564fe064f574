import { progressLine } from '../../../cli/progress.ts';

test.each<[number, number | undefined, string]>([
  [0, 100, 'moved  [------------------------------]  0 of 100'],
  [50, 100, 'moved  [###############---------------]  50 of 100'],
  [100, 100, 'moved  [##############################]  100 of 100'],
  [101, 100, 'moved  [##############################]  101 of 100'],
  [0, 0, 'moved  [##############################]  0 of 0'],
  [7, undefined, 'moved  7'],
])('%d of %s is shown as %s', (done, total, line) => {
  expect(progressLine('moved', done, total)).toBe(line);
});
