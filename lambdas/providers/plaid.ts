import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Attempt } from '../core/scheme/attempt.ts';
import { proveJws } from '../core/scheme/jws.ts';
import { atPointer, parseJson } from '../core/scheme/json.ts';
import type { SecretSet } from '../core/scheme/key.ts';
import { body, header, joined, json } from '../core/scheme/part.ts';
import { type JwsScheme, type Proof, type ProofContext, provider } from '../core/scheme/provider.ts';
import { decodeStrict } from '../core/scheme/text.ts';

const HOSTS = ['production.plaid.com', 'sandbox.plaid.com'];

const TOKEN: JwsScheme = {
  algorithm: 'ES256',
  key: { key: 'fetched' },
  token: { in: header('Plaid-Verification') },
  hashed: { request_body_sha256: { of: body, encoding: 'hex' } },
  required: ['iat', 'request_body_sha256'],
  maxAgeSeconds: 300,
  leewaySeconds: 0,
};

/** A token under a key that Plaid gives out by its id, to whoever has the account’s credentials. */
export const plaid = provider({
  name: 'plaid',
  title: 'Plaid',
  scheme: {
    algorithm: 'code',
    key: { key: 'fetched' },
    describes: 'an ES256 token over the body’s SHA-256, with the key that Plaid’s API returns for its key id',
    covers: [body],
    reads: ['plaid-verification'],
    prove: proveToken,
  },
  id: [],
  type: [joined(json('/webhook_type'), '.', json('/webhook_code'))],
  orderKey: [json('/item_id')],
  // The token is new at every attempt; the body is what stays.
  dedupe: 'body',
  redelivers: true,
  acknowledge: { status: 200 },
  settings: {
    clientId: 'the account’s client_id',
    secret: 'the account’s secret',
    host: 'production.plaid.com (the default) or sandbox.plaid.com',
  },
  sources: ['https://plaid.com/docs/api/webhooks/webhook-verification'],
  unchecked: ['retries for 24 h'],
});

async function proveToken(attempt: Attempt, secrets: SecretSet, context: ProofContext): Promise<Proof> {
  const token = attempt.header('plaid-verification');
  if (attempt.repeated) return 'repeated-header';
  if (token === undefined || token === '') return 'missing-signature';
  const kid = keyIdOf(token);
  if (kid === undefined) return 'malformed-signature';
  const key = await fetchKey(kid, secrets.settings, context);
  if (key === undefined) return 'untrusted-key';
  const found = { index: 0, key, bytes: Buffer.alloc(0) };
  return proveJws(TOKEN, attempt, { keys: [found], usable: 1, settings: secrets.settings }, context);
}

/** The key id is only ever part of a question to Plaid, so its shape is all that matters. */
function keyIdOf(token: string): string | undefined {
  const head = decodeStrict(token.slice(0, 2000).split('.', 1)[0] ?? '', 'base64url');
  const parsed = head ? parseJson(head) : undefined;
  const kid = parsed && 'value' in parsed ? atPointer(parsed.value, ['kid']) : undefined;
  return typeof kid === 'string' && /^[A-Za-z0-9-]{1,64}$/.test(kid) ? kid : undefined;
}

async function fetchKey(
  kid: string,
  settings: SecretSet['settings'],
  { keys }: ProofContext,
): Promise<KeyObject | undefined> {
  const host = settings.get('host')?.[0] ?? 'production.plaid.com';
  const clientId = settings.get('clientId')?.[0];
  const secret = settings.get('secret')?.[0];
  if (!HOSTS.includes(host) || clientId === undefined || secret === undefined) return undefined;
  const question = { client_id: clientId, secret, key_id: kid };
  const text = await keys?.fetch(`https://${host}/webhook_verification_key/get`, { json: question });
  const parsed = text === undefined ? undefined : parseJson(Buffer.from(text, 'utf8'));
  const jwk = parsed && 'value' in parsed ? atPointer(parsed.value, ['key']) : undefined;
  if (typeof jwk !== 'object' || jwk === null || atPointer(jwk, ['kty']) !== 'EC') return undefined;
  try {
    return createPublicKey({ key: jwk as Record<string, string>, format: 'jwk' });
  } catch {
    // The answer was no key.
    return undefined;
  }
}
