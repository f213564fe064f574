import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, joined, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** One request holds a list of events; the type is the first one’s. */
export const gocardless = provider({
  name: 'gocardless',
  title: 'GoCardless',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('Webhook-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [json('/meta/webhook_id')],
  type: [joined(json('/events/0/resource_type'), '.', json('/events/0/action'))],
  orderKey: [json('/events/0/links/organisation')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm gocardless-nodejs (webhooks.parse)'],
  unchecked: ['that it wants 498 for a wrong signature', 'that it retries'],
});
