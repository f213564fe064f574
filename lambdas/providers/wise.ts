import { plain } from '../core/scheme/grammar.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The key is the public PEM that Wise publishes per environment. */
export const wise = provider({
  name: 'wise',
  title: 'Wise',
  scheme: {
    algorithm: 'rsa-sha256',
    key: { key: 'public', type: 'rsa' },
    content: [body],
    signature: { in: header('X-Signature-SHA256'), grammar: plain(), encoding: 'base64' },
  },
  id: [header('X-Delivery-Id')],
  type: [json('/event_type')],
  orderKey: [json('/data/resource/profile_id')],
  redelivers: true,
  acknowledge: { status: 200 },
  unsigned: { id: 'X-Delivery-Id is a header, and only the body is signed' },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['its timeout and retries'],
});
