import { inert, inertJson } from '../../cli/inert.ts';

test('a terminal escape is shown and not obeyed', () => {
  expect(inert('\u001b]0;owned\u0007\u001b[2Jdone')).toBe('·]0;owned··[2Jdone');
});

test('line breaks, marks of direction and 8-bit controls do not change what is read', () => {
  expect(inert('a\nb\u202egnp.exe\u2028c\u009b31m')).toBe('a·b·gnp.exe·c·31m');
});

test('a text without end is cut', () => {
  expect(inert('x'.repeat(100), 10)).toBe('xxxxxxxxx…');
});

test('letters of every script stay', () => {
  expect(inert('Zoë 東京 🎉')).toBe('Zoë 東京 🎉');
});

test('JSON keeps its value and has no control character but line breaks', () => {
  const value = { text: '\u001b[31m \u009b \u202e \u{e0001} \ud800 \n' };
  const text = inertJson(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(/[\p{Cc}\p{Cf}\p{Cs}]/u.test(text.replaceAll('\n', ''))).toBe(false);
});
