import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, capture, header, joined, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The check at set-up is a signed request without events: it needs no answer but the status. */
export const xero = provider({
  name: 'xero',
  title: 'Xero',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('x-xero-signature'), grammar: plain(), encoding: 'base64' },
  },
  id: [],
  type: [
    joined(json('/events/0/eventCategory'), '.', json('/events/0/eventType')),
    joined('INTENT_TO_RECEIVE', capture(json('/firstEventSequence'), /^(0)$/)),
  ],
  orderKey: [json('/events/0/tenantId')],
  redelivers: true,
  timeoutSeconds: 5,
  acknowledge: { status: 200 },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['5 s, and how the intent to receive is checked: 200 if the signature holds, 401 if not'],
});
