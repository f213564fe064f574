import { createLog } from '../../../lambdas/adapters/reports/log.ts';

/** What it writes to standard output, as Lambda takes it. */
function written(act: () => void): string {
  const lines: string[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    lines.push(String(chunk));
    return true;
  });
  try {
    act();
  } finally {
    spy.mockRestore();
  }
  return lines.join('');
}

test('what a stranger put into a field can do nothing to whoever reads the line', () => {
  const hostile = '\u001b]0;owned\u0007 \u009b2J \u202egnp.exe \u2028{"level":"ERROR"}\n';
  const line = written(() => createLog('admin').info('accepted', { type: hostile, count: 1 }));

  expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  expect(JSON.parse(line)).toMatchObject({
    message: 'accepted',
    type: '\u001b]0;owned\u0007 \\u{9b}2J \\u{202e}gnp.exe \\u{2028}{"level":"ERROR"}\n',
    count: 1,
  });
});

test('letters of every script stay as they are', () => {
  const line = written(() => createLog('admin').info('accepted', { type: 'Zoë 東京 🎉' }));

  expect(JSON.parse(line)).toMatchObject({ type: 'Zoë 東京 🎉' });
});
