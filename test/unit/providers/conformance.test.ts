import { anyEvent } from '../../../cli/samples.ts';
import { sign, type SignedRequest } from '../../../lambdas/core/scheme/sign.ts';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import { coverageOf } from '../../../lambdas/core/scheme/coverage.ts';
import type { Provider } from '../../../lambdas/core/scheme/provider.ts';
import type { Verdict } from '../../../lambdas/core/verdict.ts';
import { providers } from '../../../lambdas/providers/index.ts';
import { sampleKeys, sampleSetting } from '../../support/keys.ts';
import fc from '../../support/property.ts';

const NOW = 1_767_225_600_000;
const DAY = 24 * 60 * 60 * 1000;

/** What every provider must hold, by the inverse of its own declaration. */
const signable = [...providers.values()].filter(({ scheme }) => scheme.key.key !== 'fetched');

function signed(provider: Provider, keys = sampleKeys(provider), timestamp = NOW): SignedRequest {
  const settings = Object.fromEntries(Object.keys(provider.settings ?? {}).map((name) => [name, sampleSetting(name)]));
  const event = { ...anyEvent(provider, 'evt_sample_1', new Date(NOW)), id: 'evt_sample_1' };
  const request = sign(provider, { ...event, timestamp, secret: keys.signing, settings });
  if ('unsignable' in request) throw new Error(request.unsignable);
  return request;
}

function toDelivery(request: SignedRequest, change: Partial<Delivery> = {}): Delivery {
  const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, [value]]));
  return {
    source: 'sample',
    method: request.method,
    url: request.url,
    headers,
    body: request.body,
    sourceIp: '192.0.2.1',
    receivedAt: NOW,
    ...change,
  };
}

async function verify(provider: Provider, delivery: Delivery, secrets: readonly string[]): Promise<Verdict> {
  const verifier = compile(provider);
  return verifier.verify(delivery, verifier.secrets(secrets), NOW);
}

/** The headers whose absence leaves a request unsigned. */
async function signatureHeaders(
  provider: Provider,
  request: SignedRequest,
  secret: string,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of Object.keys(request.headers)) {
    const headers = new Map(Object.entries(request.headers).map(([key, value]) => [key, [value]]));
    headers.delete(name);
    const verdict = await verify(provider, toDelivery(request, { headers }), [secret]);
    if (verdict.outcome === 'rejected' && verdict.reason === 'missing-signature') found.push(name);
  }
  return found;
}

describe.each(signable)('$name', (provider) => {
  const keys = sampleKeys(provider);
  const request = signed(provider, keys);
  const windowed =
    'timestamp' in provider.scheme && provider.scheme.timestamp && provider.scheme.timestamp.unit !== 'digits';

  test('accepts what its own scheme signs, and names it', async () => {
    const verdict = await verify(provider, toDelivery(request), [keys.verifying]);
    expect(verdict.outcome).toBe('verified');
    if (verdict.outcome !== 'verified') return;
    expect(verdict.event.type).not.toBe('');
    expect(verdict.event.dedupKey).toMatch(/^[\x21-\x7e]{1,256}$/);
    expect(verdict.event.strength).toBe(coverageOf(provider.scheme).body ? 'verified' : 'weak');
  });

  test('says which of several secrets matched', async () => {
    const other = provider.scheme.key.key === 'hex' ? 'ab'.repeat(32) : 'b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMTI=';
    const verdict = await verify(provider, toDelivery(request), [other, keys.verifying]);
    expect(verdict).toMatchObject({ outcome: 'verified', event: { secretIndex: 1 } });
  });

  test('refuses a request without anything', async () => {
    const empty = toDelivery(request, { headers: new Map(), body: Buffer.alloc(0) });
    expect((await verify(provider, empty, [keys.verifying])).outcome).toBe('rejected');
  });

  test('refuses the signature of another key', async () => {
    const others: Readonly<Record<string, string>> = { hex: 'cd'.repeat(32) };
    const secret = others[provider.scheme.key.key] ?? 'd3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3JvbmctMTI=';
    const labels = keys.verifying.split('\n').slice(1);
    const wrong = ['ed25519', 'public'].includes(provider.scheme.key.key) ? sampleKeys(provider).verifying : secret;
    const verdict = await verify(provider, toDelivery(request), [[wrong, ...labels].join('\n')]);
    expect(verdict).toEqual({ outcome: 'rejected', reason: 'wrong-secret-or-changed-body' });
  });

  test('refuses everything while it has no usable secret', async () => {
    expect((await verify(provider, toDelivery(request), [''])).outcome).not.toBe('verified');
    expect((await verify(provider, toDelivery(request), [])).outcome).not.toBe('verified');
  });

  test('refuses a signature header that came twice, equal or not', async () => {
    for (const name of await signatureHeaders(provider, request, keys.verifying)) {
      const value = request.headers[name] ?? '';
      for (const second of [value, 'other']) {
        const headers = new Map(toDelivery(request).headers).set(name, [value, second]);
        const verdict = await verify(provider, toDelivery(request, { headers }), [keys.verifying]);
        expect(verdict).toEqual({ outcome: 'rejected', reason: 'repeated-header' });
      }
    }
  });

  if (coverageOf(provider.scheme).body) {
    test('refuses the body with any one bit flipped', async () => {
      for (let at = 0; at < request.body.length; at += 7) {
        const body = Buffer.from(request.body);
        body[at] = (body[at] ?? 0) ^ (1 << (at % 8));
        const { outcome } = await verify(provider, toDelivery(request, { body }), [keys.verifying]);
        // Forms have several writings of one content; whatever still verifies must be the same content.
        if (outcome !== 'rejected') {
          expect(new URLSearchParams(body.toString()).toString()).toBe(
            new URLSearchParams(request.body.toString()).toString(),
          );
        }
      }
    });
  } else {
    test('says why the body is not covered', () => {
      expect(provider.unsigned?.body).toMatch(/\w{3}/);
    });
  }

  if (windowed) {
    test('refuses a delivery of yesterday and one of tomorrow', async () => {
      const stale = toDelivery(signed(provider, keys, NOW - DAY));
      expect(await verify(provider, stale, [keys.verifying])).toEqual({
        outcome: 'rejected',
        reason: 'stale-timestamp',
      });
      const future = toDelivery(signed(provider, keys, NOW + DAY));
      expect(await verify(provider, future, [keys.verifying])).toEqual({
        outcome: 'rejected',
        reason: 'future-timestamp',
      });
    });
  }
});

describe('whatever arrives', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.constantFrom('', 'v1,', 't=1,v1=', 'sha256=', '1767225600', 'a.b.c', ', '),
  );

  test.each([...providers.values()])('$name neither throws nor accepts junk', async (provider) => {
    const verifier = compile(provider);
    const secrets = verifier.secrets([sampleKeys(provider).verifying]);
    const names = Object.keys(
      signable.includes(provider) ? signed(provider).headers : { 'paypal-transmission-sig': '' },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...names), fc.array(text, { minLength: 1, maxLength: 2 })),
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((value) => Buffer.from(value)),
        ),
        text,
        async (headers, bytes, search) => {
          const delivery: Delivery = {
            source: 'sample',
            method: 'POST',
            url: `https://example.com/webhooks/sample?${search}`,
            headers: new Map(Object.entries(headers)),
            body: Buffer.from(bytes),
            sourceIp: '192.0.2.1',
            receivedAt: NOW,
          };
          const { outcome } = await verifier.verify(delivery, secrets, NOW);
          expect(outcome === 'rejected' || outcome === 'handshake').toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
