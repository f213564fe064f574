import type { Attempt, Content } from '../core/scheme/attempt.ts';
import { readText } from '../core/scheme/attempt.ts';
import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, method, url } from '../core/scheme/part.ts';
import { type Proof, type ProofContext, provider, type SignatureScheme } from '../core/scheme/provider.ts';
import type { SecretSet } from '../core/scheme/key.ts';
import { matchingKey, rightLength } from '../core/scheme/mac.ts';
import { checkTime, readSignedAt } from '../core/scheme/timestamp.ts';

const TIMESTAMP = 'x-contentful-timestamp';
const SIGNED_HEADERS = 'x-contentful-signed-headers';

/** Everything about the signature but its content, which each request describes itself. */
const SCHEME: SignatureScheme = {
  algorithm: 'hmac-sha256',
  key: utf8,
  content: [method, url, body],
  signature: { in: header('x-contentful-signature'), grammar: plain(), encoding: 'hex' },
  timestamp: { in: header(TIMESTAMP), unit: 'ms', past: 30, future: 30 },
};

/** Signs method, path, the headers that the request lists, and the body. */
export const contentful = provider({
  name: 'contentful',
  title: 'Contentful',
  scheme: {
    algorithm: 'code',
    key: utf8,
    describes: 'HMAC-SHA256 over method, path, the headers named in x-contentful-signed-headers, and the body',
    covers: [method, url, body, header(TIMESTAMP)],
    // And those that the request names, which its owner has chosen.
    reads: ['x-contentful-signature', TIMESTAMP, SIGNED_HEADERS],
    prove: proveRequest,
    describe: (attempt) => {
      const names = attempt.header(SIGNED_HEADERS)?.split(',') ?? [];
      const content = canonicalRequest(attempt, names, attempt.header(TIMESTAMP) ?? '');
      return [{ content, received: attempt.header('x-contentful-signature') ?? '', by: SCHEME }];
    },
  },
  id: [],
  type: [header('X-Contentful-Topic')],
  orderKey: [json('/sys/space/sys/id')],
  redelivers: true,
  timeoutSeconds: 30,
  acknowledge: { status: 200 },
  sources: [
    'npm @contentful/node-apps-toolkit (verifyRequest)',
    'https://www.contentful.com/developers/docs/extensibility/app-framework/request-verification/',
  ],
  unchecked: ['its timeout and retries'],
});

function proveRequest(attempt: Attempt, secrets: SecretSet, { nowMs, windowSeconds }: ProofContext): Proof {
  const text = attempt.header('x-contentful-signature');
  const time = attempt.header(TIMESTAMP);
  const names = attempt.header(SIGNED_HEADERS);
  if (attempt.repeated) return 'repeated-header';
  if (text === undefined || text === '') return 'missing-signature';
  const signatures = rightLength(SCHEME, [text]);
  if (signatures.length === 0 || names === undefined || names.length > 4096) return 'malformed-signature';
  // The two headers of the scheme itself are always signed; its SDK refuses a list of fewer.
  if (names.split(',').length < 2) return 'malformed-signature';
  const rule = SCHEME.timestamp;
  // The provider counts a delivery exactly 30 s old as too old.
  const late = rule && checkTime(time, rule, nowMs + 1, windowSeconds);
  if (late) return late;
  attempt.signedAt = rule && readSignedAt(time, rule);
  const content = canonicalRequest(attempt, names.split(','), time ?? '');
  if (attempt.repeated) return 'repeated-header';
  if (secrets.keys.length === 0) return 'no-usable-secret';
  const index = matchingKey(SCHEME, content, signatures, secrets.keys);
  return index === undefined ? 'wrong-secret-or-changed-body' : { secretIndex: index, content };
}

/** Method, path, `name:value` of the signed headers sorted by name, and the body, each on a line. */
export function canonicalRequest(attempt: Attempt, names: readonly string[], time: string): Content {
  const values = new Map<string, string>();
  for (const name of names) {
    const value = attempt.header(name);
    if (value !== undefined) values.set(name, value.trim());
  }
  values.set(TIMESTAMP, time);
  values.set(SIGNED_HEADERS, '');
  const sorted = [...values.keys()].sort();
  values.set(SIGNED_HEADERS, sorted.join(','));
  const headers = sorted.map((name) => `${name}:${values.get(name) ?? ''}`).join(';');
  const { body: bytes } = attempt.delivery;
  return [`${readText(method, attempt) ?? ''}\n${normalPath(attempt.url)}\n${headers}\n`, bytes];
}

/** The path as Contentful writes it: the query escaped as one text, then all of it once more. */
function normalPath(address: string): string {
  const path = address.replace(/^https?:\/\/[^/?]*/, '') || '/';
  const [pathname = '', search] = path.split('?');
  try {
    return encodeURI(search ? `${pathname}?${encodeURIComponent(search)}` : pathname);
  } catch {
    // A lone surrogate can't be escaped, and no provider sends one.
    return pathname;
  }
}
