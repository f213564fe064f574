import { utf8 } from '../core/scheme/key.ts';
import { header, joined, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The secret is `user:password`, as put into the webhook’s URL at Postmark. */
export const postmark = provider({
  name: 'postmark',
  title: 'Postmark',
  scheme: { algorithm: 'token', key: utf8, token: { in: header('Authorization'), basic: true } },
  id: [joined(json('/MessageID'), ':', json('/RecordType'))],
  type: [json('/RecordType')],
  orderKey: [json('/ServerID')],
  redelivers: true,
  acknowledge: { status: 200 },
  unsigned: {
    body: 'nothing is signed: user and password are sent with every request',
    id: 'nothing is signed: user and password are sent with every request',
  },
  sources: [
    'https://github.com/hookdeck/webhook-skills (a third party’s collection)',
    'https://github.com/webhook-co/webhook (a third party’s registry)',
  ],
  unchecked: ['that 403 stops its retries, and its published addresses'],
});
