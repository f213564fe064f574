import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { alarmRules, compositeRules } from '../../lib/alarms/list.ts';

const docs = resolve(import.meta.dirname, '..', '..', 'docs');
const root = resolve(docs, '..');

/** The cells of a page's table, by row. */
const rows = readFileSync(join(docs, 'failure-matrix.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| F'))
  .map((line) => {
    const [, id = '', , , heldBy = ''] = line.split('|').map((cell) => cell.trim());
    return { id, heldBy };
  });

const tests = rows.flatMap(({ id, heldBy }) =>
  [...heldBy.matchAll(/`(test\/[^`]+)` › (.*?)(?=<br>|$)/g)].map(
    ([, file = '', name = '']) => [id, file, name] as const,
  ),
);
const pages = rows.flatMap(({ id, heldBy }) =>
  [...heldBy.matchAll(/\[([\w-]+)\]\((runbook\/[^)]+)\)/g)].map(
    ([, alarm = '', page = '']) => [id, alarm, page] as const,
  ),
);

test('every fault has its row, in order', () => {
  expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 46 }, (_, i) => `F${i + 1}`));
});

test.each(rows)('$id names a test, an alarm or the issue that it waits for', ({ heldBy }) => {
  for (const part of heldBy.split('<br>')) {
    expect(part).toMatch(
      /^(`test\/[\w/.-]+\.test\.ts` › .+|alarm \[[\w-]+\]\(runbook\/[\w-]+\.md\)|not met yet: issue \d+ \(.+\))$/,
    );
  }
});

/** Titles of a file's tests and groups, also those of a table of cases; and every text that may be the name of a case. */
function namesIn(file: string): { readonly titles: readonly string[]; readonly cases: ReadonlySet<string> } {
  const source = readFileSync(join(root, file), 'utf8').replace(/^\s*\/\/.*$|\/\*[\s\S]*?\*\//gm, '');
  const texts = (before: string) =>
    [...source.matchAll(new RegExp(`${before}(['"\`])((?:\\\\.|(?!\\1).)*)\\1`, 'g'))].map(([, , text = '']) => text);
  return { titles: texts('(?:\\b(?:test|describe)|\\))\\(\\s*'), cases: new Set(texts('')) };
}

test.each(tests)('%s: %s has the test "%s"', (_id, file, name) => {
  const { titles, cases } = namesIn(file);
  expect(titles.some((title) => title.includes(name)) || cases.has(name)).toBe(true);
});

test.each([...new Set(tests.map(([, file]) => file))])('%s leaves none of its tests out', (file) => {
  expect(readFileSync(join(root, file), 'utf8')).not.toMatch(
    /\b(?:test|describe|it)(?:\.each)?\.(?:skip|todo|only|failing)\b|\b[xf](?:test|describe|it)\(/,
  );
});

test.each(pages)('%s: the alarm %s is there, and %s', (_id, alarm, page) => {
  expect([...alarmRules, ...compositeRules].map(({ name }) => name)).toContain(alarm);
  expect(existsSync(join(docs, page))).toBe(true);
});

/** Files that the page of the promise sends its reader to. */
const named = [...readFileSync(join(docs, 'guarantees.md'), 'utf8').matchAll(/`((?:test|lib|lambdas)\/[\w/.-]+)`/g)];
test.each(named.map(([, path = '']) => path))('guarantees.md: %s is there', (path) => {
  expect(existsSync(join(root, path))).toBe(true);
});
