import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, sigParam, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Its SDK signs the body parsed and printed again; WorkOS sends it compact, so the bytes are the same. */
export const workos = provider({
  name: 'workos',
  title: 'WorkOS',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, '.', body],
    signature: { in: header('WorkOS-Signature'), grammar: kv(',', 'v1'), encoding: 'hex' },
    timestamp: { in: sigParam('t'), unit: 'ms', past: 180 },
  },
  id: [json('/id')],
  type: [json('/event')],
  orderKey: [json('/data/organization_id')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: [
    'npm @workos-inc/node (webhooks.constructEvent)',
    'https://workos.com/docs/events/data-syncing/webhooks/what-you-will-build',
  ],
  unchecked: ['its address list'],
});
