import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, sigParam, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The key is the whole secret, `whsec_` included. */
export const stripe = provider({
  name: 'stripe',
  title: 'Stripe',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, '.', body],
    signature: { in: header('Stripe-Signature'), grammar: kv(',', 'v1'), encoding: 'hex' },
    timestamp: { in: sigParam('t'), unit: 's' },
  },
  id: [json('/id')],
  type: [json('/type')],
  occurredAt: { at: '/created', as: 's' },
  orderKey: [json('/account'), json('/context')],
  redelivers: true,
  acknowledge: { status: 200 },
  addressList: { url: 'https://stripe.com/files/ips/ips_webhooks.txt', in: 'lines' },
  sources: ['npm stripe 23.1.0 (webhooks.constructEvent)'],
  unchecked: [
    'retries for 3 days in live mode',
    'the form of its address list: one address a line',
    'that a rolled secret signs along for 24 h',
    'the context of thin events',
  ],
});
