import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import { providers } from '../../../lambdas/providers/index.ts';

const folder = join(__dirname, '../../../lambdas/providers');

test('every file of the folder is in the registry under its own name', () => {
  const files = readdirSync(folder).filter((file) => file !== 'index.ts');
  expect(files.map((file) => file.replace(/\.ts$/, '')).sort()).toEqual([...providers.keys()].sort());
});

test.each([...providers.values()])('$name is a declaration that makes sense', (provider) => {
  expect(() => compile(provider)).not.toThrow();
});

test.each([...providers.values()])('$name says where its facts come from', ({ sources }) => {
  expect(sources.length).toBeGreaterThan(0);
});
