import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, sigParam, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const mux = provider({
  name: 'mux',
  title: 'Mux',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, '.', body],
    signature: { in: header('Mux-Signature'), grammar: kv(',', 'v1'), encoding: 'hex' },
    timestamp: { in: sigParam('t'), unit: 's' },
  },
  id: [json('/id')],
  type: [json('/type')],
  orderKey: [json('/environment/id')],
  redelivers: true,
  timeoutSeconds: 5,
  acknowledge: { status: 200 },
  sources: ['npm @mux/mux-node (webhooks.verifySignature)'],
  unchecked: ['5 s, retries for 24 h'],
});
