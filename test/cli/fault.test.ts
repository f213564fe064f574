import { signDelivery } from '../../cli/delivery.ts';
import { oversized, signsTime, STALE_MS, strangersSecret, withoutSignature } from '../../cli/fault.ts';
import { anyEvent } from '../../cli/samples.ts';
import type { SignedRequest } from '../../lambdas/core/scheme/sign.ts';
import { compile } from '../../lambdas/core/scheme/compile.ts';
import type { Provider } from '../../lambdas/core/scheme/provider.ts';
import { providers } from '../../lambdas/providers/index.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const TARGET = 'http://127.0.0.1:8787/webhooks/any';
/** Text, hex and base64 at once. */
const SECRET = '5'.repeat(64);

/** Those whose stored secret signs: the others need a private key. */
const shared = [...providers.values()].filter(({ scheme }) =>
  ['hmac-sha1', 'hmac-sha256', 'hmac-sha512', 'sha1', 'sha256', 'token', 'HS256'].includes(scheme.algorithm),
);

function secretOf({ settings = {} }: Provider): string {
  return [SECRET, ...Object.keys(settings).map((label) => `${label}:${'6'.repeat(32)}`)].join('\n');
}

function signed(provider: Provider, more: { timestamp?: number; key?: string } = {}): SignedRequest {
  const event = { ...anyEvent(provider, 'evt_1', new Date(NOW)), id: 'evt_1', target: TARGET };
  return signDelivery(provider, { ...event, secret: secretOf(provider), timestamp: NOW, ...more });
}

async function verdictOn(provider: Provider, request: SignedRequest) {
  const verifier = compile(provider);
  const delivery = {
    source: 'any',
    method: request.method,
    url: request.url.replace('http:', 'https:'),
    headers: new Map(Object.entries(request.headers).map(([name, value]) => [name, [value]])),
    body: request.body,
    sourceIp: '127.0.0.1',
    receivedAt: NOW,
  };
  return verifier.verify(delivery, verifier.secrets([secretOf(provider)]), NOW);
}

test.each(shared)('$name: what is sent without a fault is verified', async (provider) => {
  expect(await verdictOn(provider, signed(provider))).toMatchObject({ outcome: 'verified' });
});

test.each(shared)('$name: what a stranger signs is rejected', async (provider) => {
  const request = signed(provider, { key: strangersSecret(provider) });
  expect(await verdictOn(provider, request)).toMatchObject({ outcome: 'rejected' });
});

test.each(shared)('$name: what is not signed is rejected', async (provider) => {
  const request = withoutSignature(provider, signed(provider));
  if (!request) throw new Error('The signature could not be taken out.');
  expect(await verdictOn(provider, request)).toMatchObject({ outcome: 'rejected' });
});

test.each(shared.filter(signsTime))('$name: what was signed yesterday is rejected', async (provider) => {
  const request = signed(provider, { timestamp: NOW - STALE_MS });
  expect(await verdictOn(provider, request)).toMatchObject({ outcome: 'rejected' });
});

test('a huge body is one byte over the cap and still the same JSON', () => {
  const body = oversized(Buffer.from('{"id":"evt_1"}'), 100);
  expect(body.length).toBe(101);
  expect(JSON.parse(body.toString())).toEqual({ id: 'evt_1' });
});

test('a request is sent where it was asked to go, whatever URL is signed', () => {
  const provider = providers.get('scalekit');
  if (!provider) throw new Error('There is no scalekit.');
  const event = {
    body: Buffer.from('{"type":"a"}'),
    id: 'evt_1',
    type: 'a',
    target: TARGET,
    secret: SECRET,
    timestamp: NOW,
  };
  expect(signDelivery(provider, { ...event, url: 'https://hooks.example.com/webhooks/scalekit' }).url).toBe(TARGET);
});
