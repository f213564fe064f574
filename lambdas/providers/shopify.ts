import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The subscription is removed after its retries, so failures must not last. */
export const shopify = provider({
  name: 'shopify',
  title: 'Shopify',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Shopify-Hmac-Sha256'), grammar: plain(), encoding: 'base64' },
  },
  id: [header('X-Shopify-Event-Id'), header('X-Shopify-Webhook-Id')],
  type: [header('X-Shopify-Topic')],
  orderKey: [header('X-Shopify-Shop-Domain')],
  redelivers: true,
  timeoutSeconds: 5,
  acknowledge: { status: 200 },
  unsigned: { id: 'the ids are headers, and only the body is signed' },
  sources: [
    'npm @shopify/shopify-api 13.1.0',
    'https://github.com/hookdeck/webhook-skills (a third party’s collection)',
    'https://eventdock-landing.pages.dev (8 retries over 4 h)',
  ],
  unchecked: ['which of the two ids to prefer: third parties disagree'],
});
