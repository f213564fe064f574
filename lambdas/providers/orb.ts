import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Its timestamps have no zone; they are UTC. */
export const orb = provider({
  name: 'orb',
  title: 'Orb',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: ['v1:', timestamp, ':', body],
    signature: { in: header('X-Orb-Signature'), grammar: kv(' ', 'v1'), encoding: 'hex' },
    timestamp: { in: header('X-Orb-Timestamp'), unit: 'iso8601' },
  },
  id: [json('/id')],
  type: [json('/type')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm orb-billing (webhooks.verifySignature)'],
  unchecked: ['its timeout and retries'],
});
