import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, joined, json, sigParam, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** `/payload/uri` names the invitee, not the event. */
export const calendly = provider({
  name: 'calendly',
  title: 'Calendly',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, '.', body],
    signature: { in: header('Calendly-Webhook-Signature'), grammar: kv(',', 'v1'), encoding: 'hex' },
    timestamp: { in: sigParam('t'), unit: 's' },
  },
  id: [joined(json('/payload/uri'), ':', json('/event'))],
  type: [json('/event')],
  orderKey: [json('/created_by')],
  dedupe: 'content',
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['retries for 24 h, then disabled; it advises a window of 180 s'],
});
