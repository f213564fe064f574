import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Rows of the page's two tables: of a class of attacks, or of a control. */
const rows = read('SECURITY.md')
  .split('\n')
  .filter((line) => /^\| (?!class|control|-)/.test(line))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    return { id: cells[1] ?? '', heldBy: cells.at(-2) ?? '' };
  });
const classes = rows.filter(({ id }) => /^A\d+$/.test(id));
const checklist = rows.filter(({ id }) => !/^A\d+$/.test(id));

const tests = rows.flatMap(({ id, heldBy }) =>
  [...heldBy.matchAll(/`(test\/[^`]+)` › (.*?)(?=<br>|$)/g)].map(
    ([, file = '', name = '']) => [id, file, name] as const,
  ),
);

test('every class of attacks has its row, in order, and so has the checklist', () => {
  expect(classes.map(({ id }) => id)).toEqual(Array.from({ length: 34 }, (_, i) => `A${i + 1}`));
  expect(checklist.length).toBe(29);
});

test.each(classes)('$id is tried against the running host, or says why it can’t be', ({ heldBy }) => {
  expect(heldBy).toMatch(/`test\/local\/(attacks|foreign-messages)[\w.]*` › |(^|<br>)not tried: .{20,}/);
});

test.each(rows)('$id names tests', ({ heldBy }) => {
  for (const part of heldBy.split('<br>')) {
    expect(part).toMatch(/^(`test\/[\w/.-]+\.ts` › .+|not tried: .+)$/);
  }
});

test.each(tests)('%s: %s has the test "%s"', (_id, file, name) => {
  expect(existsSync(join(root, file))).toBe(true);
  // A name of a table of cases may be the name of a case.
  expect(read(file)).toContain(name);
});

test('digests are compared in constant time only', () => {
  const files = globSync('lambdas/{core/scheme,providers}/**/*.ts', { cwd: root });
  expect(files.length).toBeGreaterThan(100);
  const compares = /\.equals\(|Buffer\.compare\(|digest\([^)]*\)\s*[!=]==|[!=]==\s*\S*digest\(/;
  // It explains a verdict to an operator, and makes none.
  expect(files.filter((file) => compares.test(read(file)))).toEqual(['lambdas/core/scheme/explain.ts']);
  expect(files.filter((file) => read(file).includes('timingSafeEqual(')).sort()).toEqual([
    'lambdas/core/scheme/jws.ts',
    'lambdas/core/scheme/mac.ts',
    'lambdas/core/scheme/signature.ts',
    'lambdas/core/scheme/token.ts',
  ]);
});

test('each package of the lock is bound to its content', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { integrity?: string; link?: boolean; inBundle?: boolean }>;
  };
  const unbound = Object.entries(packages).filter(
    ([path, { integrity, inBundle }]) => path !== '' && integrity === undefined && inBundle !== true,
  );
  expect(Object.keys(packages).length).toBeGreaterThan(300);
  expect(unbound.map(([path]) => path)).toEqual([]);
});

test('each package that is deployed or run is on the page of dependencies', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const page = read('docs/decisions/008-dependencies.md');
  expect(Object.keys(dependencies).filter((name) => !page.includes(name))).toEqual([]);
});
