import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const razorpay = provider({
  name: 'razorpay',
  title: 'Razorpay',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Razorpay-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [header('x-razorpay-event-id')],
  type: [json('/event')],
  orderKey: [json('/account_id')],
  redelivers: true,
  timeoutSeconds: 5,
  acknowledge: { status: 200 },
  unsigned: { id: 'x-razorpay-event-id is a header, and only the body is signed' },
  sources: ['npm razorpay (validateWebhookSignature)'],
  unchecked: ['5 s, retries for 24 h, then disabled'],
});
