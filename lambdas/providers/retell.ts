import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, sigParam, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The secret is the API key. */
export const retell = provider({
  name: 'retell',
  title: 'Retell AI',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body, timestamp],
    signature: { in: header('X-Retell-Signature'), grammar: kv(',', 'd'), encoding: 'hex' },
    timestamp: { in: sigParam('v'), unit: 'ms' },
  },
  id: [],
  type: [json('/event')],
  orderKey: [json('/call/call_id'), json('/chat/chat_id')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm retell-sdk (verify)'],
  unchecked: ['its fields, timeout and retries'],
});
