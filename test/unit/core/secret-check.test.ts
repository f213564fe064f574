import { endpointsOf } from '../../../lambdas/core/receive.ts';
import { sign } from '../../../lambdas/core/scheme/sign.ts';
import type { SecretSet } from '../../../lambdas/core/scheme/key.ts';
import { checkSecret, isSecretCheck, type SecretCheckRequest } from '../../../lambdas/core/secrets/secret-check.ts';
import { SecretCache, SecretsUnavailable } from '../../../lambdas/core/secrets/secrets.ts';
import { providers } from '../../../lambdas/providers/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemorySecrets } from '../../support/memory/secrets.ts';

const NOON = Date.UTC(2026, 10, 22, 12);
const SOURCE = { name: 'shop', provider: 'github', maxBodyBytes: 1, secretOverlapSeconds: 3600, routes: [] };

function verifier() {
  const clock = new ManualClock(NOON);
  const store = new MemorySecrets();
  store.rotate('shop', 'old', NOON - 1_000_000);
  const endpoint = endpointsOf([SOURCE], providers).get('shop');
  const secrets = new SecretCache<SecretSet>({
    store,
    clock,
    overlapSeconds: () => 3600,
    rotates: () => true,
    prepare: (_, values) => endpoint?.verifier.secrets(values) ?? { keys: [], usable: 0, settings: new Map() },
  });
  const ask = (version: string, secret: string) => checkSecret(request(version, secret), endpoint, { secrets, clock });
  return { store, ask, secrets, clock };
}

function request(version: string, secret: string): SecretCheckRequest {
  const provider = providers.get('github');
  const signed = provider && sign(provider, { body: Buffer.from('{}'), timestamp: NOON, secret });
  if (!signed || 'unsignable' in signed) throw new Error('unsignable');
  const { url, headers, body } = signed;
  return { secretCheck: { source: 'shop', version, url, headers, body: body.toString('base64') } };
}

test('a pending secret passes when its version is held and a delivery of it is proved', async () => {
  const { store, ask } = verifier();
  store.begin('shop', 'new', NOON, 'v2');
  expect(await ask('v2', 'new')).toBe('passed');
});

test('a container that holds what was there before looks once', async () => {
  const { store, ask, secrets } = verifier();
  await secrets.get('shop');
  store.begin('shop', 'new', NOON, 'v2');
  expect(await ask('v2', 'new')).toBe('passed');
});

test('a version that is not there, another secret and another source do not pass', async () => {
  const { store, ask, secrets, clock } = verifier();
  store.begin('shop', 'new', NOON, 'v2');
  expect(await ask('v3', 'new')).toBe('version-not-held');
  expect(await ask('v2', 'forged')).toBe('wrong-secret-or-changed-body');
  expect(await checkSecret(request('v2', 'new'), undefined, { secrets, clock })).toBe('unknown-source');
});

test('a store that is down is no answer', async () => {
  const { store, ask } = verifier();
  store.down = true;
  await expect(ask('v2', 'new')).rejects.toThrow(SecretsUnavailable);
});

test('no request through the API is taken for one', () => {
  expect(isSecretCheck({ httpMethod: 'POST', body: '{"secretCheck":{}}', headers: { secretCheck: 'x' } })).toBe(false);
  expect(isSecretCheck(request('v2', 'new'))).toBe(true);
});
