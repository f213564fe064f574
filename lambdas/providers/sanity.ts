import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, joined, sigParam, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const sanity = provider({
  name: 'sanity',
  title: 'Sanity',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, '.', body],
    signature: { in: header('sanity-webhook-signature'), grammar: kv(',', 'v1'), encoding: 'base64url' },
    timestamp: { in: sigParam('t'), unit: 'ms' },
  },
  id: [header('idempotency-key')],
  type: [header('sanity-operation')],
  orderKey: [joined(header('sanity-project-id'), '/', header('sanity-dataset')), header('sanity-project-id')],
  redelivers: true,
  acknowledge: { status: 200 },
  unsigned: { id: 'idempotency-key is a header, and only the time and the body are signed' },
  sources: [
    'npm @sanity/webhook (assertValidSignature), which holds no window against the timestamp',
    'https://www.sanity.io/docs/changelog',
  ],
  unchecked: ['its timeout'],
});
