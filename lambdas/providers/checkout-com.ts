import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const checkoutCom = provider({
  name: 'checkout-com',
  title: 'Checkout.com',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('Cko-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [json('/id')],
  type: [json('/type')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['several retries over about 3 days'],
});
