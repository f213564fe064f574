import { createPublicKey, verify } from 'node:crypto';
import type { Attempt } from '../core/scheme/attempt.ts';
import type { KeyPort } from '../core/scheme/key-port.ts';
import { body, header, json, query } from '../core/scheme/part.ts';
import { type Proof, provider } from '../core/scheme/provider.ts';
import { decodeStrict } from '../core/scheme/text.ts';

/** Keys are served by this host only; the request names a path on it. */
const KEY_HOST = 'https://static.adobeioevents.com';
const KEY_PATH = /^\/[A-Za-z0-9_/-]{1,128}\.pem$/;
const KEYS = [1, 2] as const;

function signatureHeader(number: number): string {
  return `x-adobe-digital-signature-${number}`;
}

function pathHeader(number: number): string {
  return `x-adobe-public-key${number}-path`;
}

/** Two RSA signatures under two published keys, so that each can be changed; either is enough. */
export const adobe = provider({
  name: 'adobe',
  title: 'Adobe I/O Events',
  scheme: {
    algorithm: 'code',
    key: { key: 'fetched' },
    describes: 'RSA-SHA256 over the body, with a key of static.adobeioevents.com, for one client id',
    covers: [body],
    reads: KEYS.flatMap((number) => [signatureHeader(number), pathHeader(number)]),
    prove: (attempt, secrets, { keys }) => proveEvent(attempt, secrets.settings.get('clientId') ?? [], keys),
  },
  id: [json('/event_id'), json('/id')],
  type: [json('/event/@type'), json('/type'), header('x-adobe-event-code'), 'event'],
  orderKey: [json('/event/activitystreams:object/@id')],
  redelivers: true,
  acknowledge: { status: 200 },
  handshakes: [
    {
      method: 'GET',
      signed: false,
      when: [{ part: query('challenge'), matches: /^[A-Za-z0-9-]{1,128}$/ }],
      answer: { status: 200, text: [query('challenge')] },
    },
  ],
  settings: { clientId: 'the client id (API key) that the events are for' },
  sources: ['https://developer.adobe.com/events/docs/guides/sdk/sdk_signature_verification/'],
  unchecked: ['its ids, types, timeout and retries', 'the paths of its keys'],
});

async function proveEvent(attempt: Attempt, clientIds: readonly string[], keys: KeyPort | undefined): Promise<Proof> {
  const signed = KEYS.flatMap((number) => {
    const text = attempt.header(signatureHeader(number));
    const path = attempt.header(pathHeader(number));
    return text === undefined || path === undefined ? [] : [{ text, path }];
  });
  if (attempt.repeated) return 'repeated-header';
  if (signed.length === 0) return 'missing-signature';
  let worst: Proof = 'malformed-signature';
  for (const { text, path } of signed) {
    const signature = text.length > 2048 ? undefined : decodeStrict(text, 'base64');
    if (!signature) continue;
    const key = KEY_PATH.test(path.slice(0, 200)) ? await keys?.fetch(`${KEY_HOST}${path}`) : undefined;
    if (key === undefined) worst = 'untrusted-key';
    else if (holds(attempt.delivery.body, key, signature)) return forUs(attempt, clientIds);
    else worst = 'wrong-secret-or-changed-body';
  }
  return worst;
}

/** Adobe signs for every client; the body, which is signed, says for which. */
function forUs(attempt: Attempt, clientIds: readonly string[]): Proof {
  const parsed = attempt.json();
  const recipient =
    'value' in parsed &&
    typeof parsed.value === 'object' &&
    parsed.value !== null &&
    'recipient_client_id' in parsed.value
      ? parsed.value.recipient_client_id
      : undefined;
  const index = clientIds.findIndex((clientId) => clientId === recipient);
  return index < 0 ? 'untrusted-key' : { secretIndex: index, content: [attempt.delivery.body] };
}

function holds(body: Buffer, key: string, signature: Buffer): boolean {
  try {
    return verify('sha256', body, createPublicKey(key), signature);
  } catch {
    // What the address served is no key.
    return false;
  }
}
