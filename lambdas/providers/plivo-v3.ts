import type { Attempt } from '../core/scheme/attempt.ts';
import { type Fields, parseForm } from '../core/scheme/form.ts';
import { utf8 } from '../core/scheme/key.ts';
import type { SecretSet } from '../core/scheme/key.ts';
import { list, readSignatures } from '../core/scheme/grammar.ts';
import { form, header, query, sortedForm, url } from '../core/scheme/part.ts';
import { type Proof, provider, type SignatureScheme } from '../core/scheme/provider.ts';
import { matchingKey, rightLength } from '../core/scheme/mac.ts';

const SCHEME: SignatureScheme = {
  algorithm: 'hmac-sha256',
  key: utf8,
  content: [url, sortedForm],
  signature: { in: header('X-Plivo-Signature-V3'), grammar: list(','), encoding: 'base64' },
};

/** Signs the URL with its query sorted, the sorted form and a nonce; the secret is the auth token. */
export const plivoV3 = provider({
  name: 'plivo-v3',
  title: 'Plivo V3',
  scheme: {
    algorithm: 'code',
    key: utf8,
    describes: 'HMAC-SHA256 over the URL with its query sorted, the sorted form fields and a nonce',
    covers: [url, sortedForm, header('X-Plivo-Signature-V3-Nonce')],
    reads: ['x-plivo-signature-v3', 'x-plivo-signature-v3-nonce'],
    prove: proveRequest,
    describe: (attempt) => {
      const content = [`${signedUrl(attempt)}.${attempt.header('x-plivo-signature-v3-nonce') ?? ''}`];
      return [{ content, received: attempt.header('x-plivo-signature-v3') ?? '', by: SCHEME }];
    },
  },
  id: [form('MessageUUID'), form('CallUUID'), query('CallUUID')],
  type: [form('Event'), form('Status'), form('CallStatus'), query('CallStatus'), 'request'],
  orderKey: [form('MessageUUID'), form('CallUUID')],
  // A call’s id comes back with each of its states.
  dedupe: 'content',
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['https://github.com/plivo/plivo-node (lib/utils/v3Security.js)'],
  unchecked: ['its fields, timeout and retries'],
});

function proveRequest(attempt: Attempt, secrets: SecretSet): Proof {
  const groups = readSignatures(SCHEME.signature.in, SCHEME.signature.grammar, attempt);
  if (typeof groups === 'string') return groups;
  const nonce = attempt.header('x-plivo-signature-v3-nonce');
  if (attempt.repeated) return 'repeated-header';
  if (nonce === undefined || nonce === '') return 'missing-id';
  if (!/^[A-Za-z0-9_-]{1,256}$/.test(nonce.slice(0, 300))) return 'malformed-id';
  const signatures = rightLength(SCHEME, groups[0]?.candidates ?? []);
  if (signatures.length === 0) return 'malformed-signature';
  if (secrets.keys.length === 0) return 'no-usable-secret';
  const content = [`${signedUrl(attempt)}.${nonce}`];
  const index = matchingKey(SCHEME, content, signatures, secrets.keys);
  return index === undefined ? 'wrong-secret-or-changed-body' : { secretIndex: index, content };
}

/** The address, its query sorted, and for a POST its form. The dot parts query and form where there are both. */
export function signedUrl(attempt: Attempt): string {
  const [address = '', search = ''] = attempt.url.split('?', 2);
  const isPost = attempt.delivery.method.toUpperCase() === 'POST';
  const fields: Fields = isPost ? attempt.form() : new Map();
  const sortedQuery = pairs(parseForm(search), '=').join('&');
  const sortedFields = pairs(fields, '').join('');
  const mark = sortedQuery !== '' || fields.size > 0 ? '?' : '';
  const dot = sortedQuery !== '' && fields.size > 0 ? '.' : '';
  return `${address}${mark}${sortedQuery}${dot}${sortedFields}`;
}

function pairs(fields: Fields, between: string): readonly string[] {
  const names = [...fields.keys()].sort();
  return names.flatMap((name) => [...(fields.get(name) ?? [])].sort().map((value) => `${name}${between}${value}`));
}
