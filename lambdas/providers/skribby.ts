import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** One attempt per event: what is not kept at the first delivery is lost. */
export const skribby = provider({
  name: 'skribby',
  title: 'Skribby',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, '.', body],
    signature: { in: header('x-skribby-signature'), grammar: plain('sha256='), encoding: 'hex' },
    timestamp: { in: header('x-skribby-timestamp'), unit: 's' },
  },
  id: [header('x-skribby-webhook-id')],
  type: [json('/type')],
  orderKey: [json('/bot_id')],
  redelivers: false,
  acknowledge: { status: 200 },
  unsigned: { id: 'X-Skribby-Webhook-Id is outside the signed content, and the body has no id' },
  sources: [
    'Skribby webhook security guide',
    'https://skribby.io/docs/guides/webhook-events',
    'https://skribby.io/docs/guides/webhook-debugging',
  ],
  unchecked: ['its timeout and its addresses are not documented'],
});
