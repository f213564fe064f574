import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, url } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Current and next signing key are both given as secrets. Bodies are whatever the publisher sends. */
export const upstashQstash = provider({
  name: 'upstash-qstash',
  title: 'Upstash QStash',
  scheme: {
    algorithm: 'HS256',
    key: utf8,
    token: { in: header('Upstash-Signature') },
    equal: { iss: 'Upstash', sub: url },
    hashed: { body: { of: body, encoding: 'base64url' } },
    required: ['exp'],
    leewaySeconds: 0,
  },
  id: [header('Upstash-Message-Id')],
  type: [json('/type'), 'message'],
  redelivers: true,
  acknowledge: { status: 200 },
  unsigned: { id: 'Upstash-Message-Id is a header, and the token covers the URL and the body' },
  sources: ['npm @upstash/qstash (Receiver)'],
  unchecked: ['its timeout; whether a retry has a token of its own'],
});
