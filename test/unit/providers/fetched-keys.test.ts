import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import type { KeyPort, KeyQuestion } from '../../../lambdas/core/scheme/key-port.ts';
import type { Verdict } from '../../../lambdas/core/verdict.ts';
import { providers } from '../../../lambdas/providers/index.ts';

/** Providers whose keys are fetched: the pins hold before anything is asked for, whatever the message says. */
const NOW = 1_767_225_600_000;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }) as string;

class Served implements KeyPort {
  readonly asked: string[] = [];
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  fetch(address: string): Promise<string | undefined> {
    this.asked.push(address);
    return Promise.resolve(this.text);
  }
}

async function verify(
  name: string,
  keys: KeyPort,
  headers: Record<string, string>,
  body: string,
  secret: string,
): Promise<Verdict> {
  const provider = providers.get(name);
  if (!provider) throw new Error(name);
  const delivery: Delivery = {
    source: 'main',
    method: 'POST',
    url: 'https://gateway.example.com/webhooks/main',
    headers: new Map(Object.entries(headers).map(([header, value]) => [header, [value]])),
    body: Buffer.from(body),
    sourceIp: '192.0.2.1',
    receivedAt: NOW,
  };
  const verifier = compile(provider, { keys });
  return verifier.verify(delivery, verifier.secrets([secret]), NOW);
}

describe('PayPal', () => {
  const BODY = '{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}';
  const headers = (change: Record<string, string> = {}): Record<string, string> => {
    const content = `transmission-1|2026-01-01T00:00:00Z|WEBHOOK-1|${String(crc32(BODY))}`;
    return {
      'paypal-transmission-id': 'transmission-1',
      'paypal-transmission-time': '2026-01-01T00:00:00Z',
      'paypal-transmission-sig': sign('sha256', Buffer.from(content), rsa.privateKey).toString('base64'),
      'paypal-cert-url': 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270',
      'paypal-auth-algo': 'SHA256withRSA',
      ...change,
    };
  };
  const check = (
    change: Record<string, string>,
    body = BODY,
    keys = new Served(pem(rsa.publicKey)),
  ): Promise<Verdict> => verify('paypal', keys, headers(change), body, 'webhookId:WEBHOOK-1');

  test('a transmission for this webhook is verified, as weaker than its body', async () => {
    expect(await check({})).toMatchObject({
      outcome: 'verified',
      event: { strength: 'weak', dedupKey: 'transmission-1' },
    });
  });

  test('another body, algorithm or certificate host is refused', async () => {
    expect(await check({}, `${BODY} `)).toEqual({ outcome: 'rejected', reason: 'wrong-secret-or-changed-body' });
    expect(await check({ 'paypal-auth-algo': 'none' })).toEqual({ outcome: 'rejected', reason: 'malformed-signature' });
    const keys = new Served(pem(rsa.publicKey));
    expect(
      await check({ 'paypal-cert-url': 'https://api.paypal.com.evil.com/v1/notifications/certs/C' }, BODY, keys),
    ).toEqual({
      outcome: 'rejected',
      reason: 'untrusted-key',
    });
    expect(keys.asked).toEqual([]);
  });
});

describe('Plaid', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const BODY = '{"webhook_type":"TRANSACTIONS","webhook_code":"DEFAULT_UPDATE","item_id":"item-1"}';
  const token = (claims: Record<string, unknown>, alg = 'ES256'): string => {
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${encode({ alg, kid: 'bfbd5111-8e33-4643-8ced-b2e642a72f3c' })}.${encode(claims)}`;
    return `${input}.${sign('sha256', Buffer.from(input), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  const hash = createHash('sha256').update(BODY).digest('hex');
  const served = (): Served => new Served(JSON.stringify({ key: ec.publicKey.export({ format: 'jwk' }) }));
  const check = (text: string, keys = served(), secret = 'clientId:c\nsecret:s'): Promise<Verdict> =>
    verify('plaid', keys, { 'plaid-verification': text }, BODY, secret);

  test('a token over this body is verified', async () => {
    const keys = served();
    const verdict = await check(token({ iat: NOW / 1000, request_body_sha256: hash }), keys);
    expect(verdict).toMatchObject({
      outcome: 'verified',
      event: { type: 'TRANSACTIONS.DEFAULT_UPDATE', orderKey: 'item-1', signedAt: 1_767_225_600_000 },
    });
    expect(keys.asked).toEqual(['https://production.plaid.com/webhook_verification_key/get']);
  });

  test('an old token, another body’s, another algorithm’s and a made-up host are refused', async () => {
    const reasonOf = (verdict: Verdict): unknown => verdict.outcome === 'rejected' && verdict.reason;
    expect(reasonOf(await check(token({ iat: NOW / 1000 - 301, request_body_sha256: hash })))).toBe('stale-timestamp');
    expect(reasonOf(await check(token({ iat: NOW / 1000, request_body_sha256: 'ab' })))).toBe(
      'wrong-secret-or-changed-body',
    );
    expect(reasonOf(await check(token({ iat: NOW / 1000, request_body_sha256: hash }, 'none')))).toBe(
      'malformed-signature',
    );
    const keys = served();
    const right = token({ iat: NOW / 1000, request_body_sha256: hash });
    expect(reasonOf(await check(right, keys, 'clientId:c\nsecret:s\nhost:evil.example.com'))).toBe('untrusted-key');
    expect(keys.asked).toEqual([]);
  });
});

describe('Adobe I/O Events', () => {
  const BODY = '{"event_id":"e1","recipient_client_id":"my-client","event":{"@type":"created"}}';
  const signature = (body: string): string => sign('sha256', Buffer.from(body), rsa.privateKey).toString('base64');
  const headers = {
    'x-adobe-digital-signature-1': signature(BODY),
    'x-adobe-public-key1-path': '/prod/keys/pub-key-voyDBt5Xx8.pem',
  };

  test('the key is fetched from its host, and the event must be for this client', async () => {
    const keys = new Served(pem(rsa.publicKey));
    expect(await verify('adobe', keys, headers, BODY, 'clientId:my-client')).toMatchObject({
      outcome: 'verified',
      event: { dedupKey: 'e1', type: 'created' },
    });
    expect(keys.asked).toEqual(['https://static.adobeioevents.com/prod/keys/pub-key-voyDBt5Xx8.pem']);
    expect(await verify('adobe', keys, headers, BODY, 'clientId:another')).toEqual({
      outcome: 'rejected',
      reason: 'untrusted-key',
    });
    expect(await verify('adobe', keys, headers, `${BODY} `, 'clientId:my-client')).toEqual({
      outcome: 'rejected',
      reason: 'wrong-secret-or-changed-body',
    });
  });

  test.each(['//evil.example.com/a.pem', '/../a.pem', '@evil.example.com/a.pem', '.evil.example.com/a.pem'])(
    'no key is asked for at %s',
    async (path) => {
      const keys = new Served(pem(rsa.publicKey));
      const verdict = await verify('adobe', keys, { ...headers, 'x-adobe-public-key1-path': path }, BODY, 'clientId:x');
      expect(verdict).toEqual({ outcome: 'rejected', reason: 'untrusted-key' });
      expect(keys.asked.every((address) => address.startsWith('https://static.adobeioevents.com/'))).toBe(true);
    },
  );
});

describe('eBay', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const BODY = '{"metadata":{"topic":"MARKETPLACE_ACCOUNT_DELETION"},"notification":{"notificationId":"n1"}}';
  const SECRET =
    'verificationToken:a token\nendpoint:https://gateway.example.com/webhooks/main\nclientId:id\nclientSecret:s';
  const packed = (body: string): string => {
    const signature = sign('sha1', Buffer.from(body), ec.privateKey).toString('base64');
    return Buffer.from(JSON.stringify({ alg: 'ecdsa', kid: 'k-1', signature, digest: 'SHA1' })).toString('base64');
  };

  class EbayApi implements KeyPort {
    readonly asked: { address: string; question: KeyQuestion | undefined }[] = [];

    fetch(address: string, question?: KeyQuestion): Promise<string | undefined> {
      this.asked.push({ address, question });
      const key = pem(ec.publicKey).replaceAll('\n', '');
      return Promise.resolve(JSON.stringify(address.endsWith('/token') ? { access_token: 'granted' } : { key }));
    }
  }

  test('the key is asked for with the application’s own credentials', async () => {
    const keys = new EbayApi();
    expect(await verify('ebay', keys, { 'x-ebay-signature': packed(BODY) }, BODY, SECRET)).toMatchObject({
      outcome: 'verified',
      event: { dedupKey: 'n1', type: 'MARKETPLACE_ACCOUNT_DELETION' },
    });
    expect(keys.asked).toMatchObject([
      { address: 'https://api.ebay.com/identity/v1/oauth2/token', question: { authorization: 'Basic aWQ6cw==' } },
      {
        address: 'https://api.ebay.com/commerce/notification/v1/public_key/k-1',
        question: { authorization: 'Bearer granted' },
      },
    ]);
    expect(await verify('ebay', keys, { 'x-ebay-signature': packed('{}') }, BODY, SECRET)).toEqual({
      outcome: 'rejected',
      reason: 'wrong-secret-or-changed-body',
    });
  });

  test('a challenge is answered by the hash of code, token and address', () => {
    const provider = providers.get('ebay');
    if (!provider) throw new Error('ebay');
    const verifier = compile(provider);
    const verdict = verifier.verify(
      {
        source: 'main',
        method: 'GET',
        url: 'https://gateway.example.com/webhooks/main?challenge_code=abc123',
        headers: new Map(),
        body: Buffer.alloc(0),
        sourceIp: '192.0.2.1',
        receivedAt: NOW,
      },
      verifier.secrets([SECRET]),
      NOW,
    );
    const hash = createHash('sha256').update('abc123a tokenhttps://gateway.example.com/webhooks/main').digest('hex');
    expect(verdict).toMatchObject({
      outcome: 'handshake',
      answer: { status: 200, body: JSON.stringify({ challengeResponse: hash }) },
    });
  });
});
