import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const woocommerce = provider({
  name: 'woocommerce',
  title: 'WooCommerce',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-WC-Webhook-Signature'), grammar: plain(), encoding: 'base64' },
  },
  id: [header('X-WC-Webhook-Delivery-ID')],
  type: [header('X-WC-Webhook-Topic')],
  redelivers: false,
  acknowledge: { status: 200 },
  unsigned: { id: 'X-WC-Webhook-Delivery-ID is a header, and only the body is signed' },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['its headers beside the signature, and that it does not retry'],
});
