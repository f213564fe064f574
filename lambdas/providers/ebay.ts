import { createPublicKey, verify } from 'node:crypto';
import type { Attempt } from '../core/scheme/attempt.ts';
import { atPointer, parseJson } from '../core/scheme/json.ts';
import type { SecretSet } from '../core/scheme/key.ts';
import type { KeyPort } from '../core/scheme/key-port.ts';
import { body, json, query, setting } from '../core/scheme/part.ts';
import { type Proof, provider } from '../core/scheme/provider.ts';
import { decodeStrict } from '../core/scheme/text.ts';

const API = 'https://api.ebay.com';

/** An ECDSA signature under a key that eBay's API gives out by its id, to whoever has an application's credentials. */
export const ebay = provider({
  name: 'ebay',
  title: 'eBay notifications',
  scheme: {
    algorithm: 'code',
    key: { key: 'fetched' },
    describes: 'ECDSA with SHA-1 over the body, with the key that eBay’s API returns for its key id',
    covers: [body],
    reads: ['x-ebay-signature'],
    prove: proveNotification,
  },
  id: [json('/notification/notificationId')],
  type: [json('/metadata/topic')],
  redelivers: true,
  acknowledge: { status: 200 },
  handshakes: [
    {
      method: 'GET',
      signed: false,
      when: [{ part: query('challenge_code'), matches: /^[A-Za-z0-9_-]{1,128}$/ }],
      answer: {
        status: 200,
        json: {
          challengeResponse: [{ sha256: [query('challenge_code'), setting('verificationToken'), setting('endpoint')] }],
        },
      },
    },
  ],
  settings: {
    verificationToken: 'the verification token entered at eBay',
    endpoint: 'the URL of this source, as entered at eBay',
    clientId: 'the application’s App ID',
    clientSecret: 'the application’s Cert ID',
  },
  sources: [
    'https://developer.ebay.com/api-docs/commerce/notification/overview.html',
    'https://developer.ebay.com/marketplace-account-deletion',
  ],
  unchecked: ['its timeout and retries', 'the shape of its challenge codes'],
});

async function proveNotification(
  attempt: Attempt,
  { settings }: SecretSet,
  { keys }: { readonly keys: KeyPort | undefined },
): Promise<Proof> {
  const text = attempt.header('x-ebay-signature');
  if (attempt.repeated) return 'repeated-header';
  if (text === undefined || text === '') return 'missing-signature';
  const packed = text.length > 4096 ? undefined : decodeStrict(text, 'base64');
  const parsed = packed ? parseJson(packed) : undefined;
  if (!parsed || !('value' in parsed)) return 'malformed-signature';
  const kid = atPointer(parsed.value, ['kid']);
  const encoded = atPointer(parsed.value, ['signature']);
  const signature = typeof encoded === 'string' ? decodeStrict(encoded, 'base64') : undefined;
  if (typeof kid !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(kid) || !signature) return 'malformed-signature';
  const key = await publicKey(kid, settings, keys);
  if (key === undefined) return 'untrusted-key';
  if (!holds(attempt.delivery.body, key, signature)) return 'wrong-secret-or-changed-body';
  return { secretIndex: 0, content: [attempt.delivery.body] };
}

async function publicKey(
  kid: string,
  settings: SecretSet['settings'],
  keys: KeyPort | undefined,
): Promise<string | undefined> {
  const clientId = settings.get('clientId')?.[0];
  const clientSecret = settings.get('clientSecret')?.[0];
  if (clientId === undefined || clientSecret === undefined) return undefined;
  const granted = await keys?.fetch(`${API}/identity/v1/oauth2/token`, {
    form: { grant_type: 'client_credentials', scope: `${API}/oauth/api_scope` },
    authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
    // Tokens live two hours.
    holdsSeconds: 3600,
  });
  const token = textAt(granted, 'access_token');
  if (token === undefined) return undefined;
  const answer = await keys?.fetch(`${API}/commerce/notification/v1/public_key/${kid}`, {
    authorization: `Bearer ${token}`,
  });
  return textAt(answer, 'key');
}

function textAt(answer: string | undefined, name: string): string | undefined {
  const parsed = answer === undefined ? undefined : parseJson(Buffer.from(answer, 'utf8'));
  const value = parsed && 'value' in parsed ? atPointer(parsed.value, [name]) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function holds(content: Buffer, pem: string, signature: Buffer): boolean {
  try {
    // It comes as PEM on one line.
    const der = Buffer.from(pem.replace(/-----(?:BEGIN|END) PUBLIC KEY-----|\s/g, ''), 'base64');
    return verify('sha1', content, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
  } catch {
    // The answer was no key.
    return false;
  }
}
