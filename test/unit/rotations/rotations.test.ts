import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { settingsWithDefaults } from '../../../lambdas/core/secrets/registration.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import { ISSUED_BYTES, writeKey } from '../../../lambdas/core/scheme/key.ts';
import { providers } from '../../../lambdas/providers/index.ts';
import { github } from '../../../lambdas/rotations/github.ts';
import { registrations } from '../../../lambdas/rotations/index.ts';

const FOLDER = resolve(__dirname, '../../../lambdas/rotations');

test('every file has its line, under its provider’s name, and that provider is there', () => {
  const files = readdirSync(FOLDER).filter((file) => file !== 'index.ts');
  expect([...registrations.keys()].map((name) => `${name}.ts`).sort()).toEqual(files.sort());
  for (const name of registrations.keys()) {
    expect(providers.has(name)).toBe(true);
    expect(existsSync(resolve(FOLDER, `../providers/${name}.ts`))).toBe(true);
  }
});

test('GitHub is told by a change of the webhook’s configuration', () => {
  const settings = settingsWithDefaults(github, { repository: 'acme/shop', hook: '12345678' });
  expect(github.request('the new secret', settings, 'github_pat_1')).toEqual({
    method: 'PATCH',
    url: 'https://api.github.com/repos/acme/shop/hooks/12345678/config',
    headers: {
      accept: 'application/vnd.github+json',
      authorization: 'Bearer github_pat_1',
      'content-type': 'application/json',
      'user-agent': 'hookgate',
      'x-github-api-version': '2022-11-28',
    },
    body: '{"secret":"the new secret"}',
  });
});

test.each([
  ['base64 after its prefix', { key: 'base64', prefix: 'whsec_' } as const, 'whsec_AAECAwQFBgcICQoLDA0ODw=='],
  ['hexadecimal digits', { key: 'hex' } as const, '000102030405060708090a0b0c0d0e0f'],
  ['text', { key: 'utf8' } as const, '000102030405060708090a0b0c0d0e0f'],
  ['nothing, where only the provider has the private key', { key: 'public', type: 'rsa' } as const, undefined],
])('a new secret is written as %s', (_, encoding, text) => {
  expect(writeKey(Buffer.from(Array.from({ length: 16 }, (__, i) => i)), encoding)).toBe(text);
});

const issued = [...providers.values()].flatMap((provider) => {
  const text = writeKey(Buffer.alloc(ISSUED_BYTES, 7), provider.scheme.key);
  return text === undefined ? [] : [[provider.name, text] as const];
});
test.each(issued)('what is issued in the format of %s is a key there', (name, text) => {
  const provider = providers.get(name);
  expect(provider && compile(provider).secrets([text]).usable).toBe(1);
});
