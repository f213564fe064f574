import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Coinbase’s newer platform signs in another way and is not this provider. */
export const coinbaseCommerce = provider({
  name: 'coinbase-commerce',
  title: 'Coinbase Commerce',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-CC-Webhook-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [json('/event/id')],
  type: [json('/event/type')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm coinbase-commerce-node (Webhook.verifySigHeader)'],
  unchecked: ['retries for 3 days'],
});
