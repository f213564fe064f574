import { utf8 } from '../core/scheme/key.ts';
import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The secret is the value of the Authorization header as entered at Okta. */
export const okta = provider({
  name: 'okta',
  title: 'Okta event hooks',
  scheme: { algorithm: 'token', key: utf8, token: { in: header('Authorization') } },
  id: [json('/eventId')],
  type: [json('/data/events/0/eventType')],
  orderKey: [json('/source')],
  redelivers: true,
  timeoutSeconds: 3,
  acknowledge: { status: 200 },
  handshakes: [
    {
      method: 'GET',
      signed: false,
      when: [{ part: header('X-Okta-Verification-Challenge'), matches: /^[A-Za-z0-9._~+/=-]{1,256}$/ }],
      answer: { status: 200, json: { verification: [header('X-Okta-Verification-Challenge')] } },
    },
  ],
  unsigned: {
    body: 'nothing is signed: a header chosen by the operator is sent with every request',
    id: 'nothing is signed: a header chosen by the operator is sent with every request',
  },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['3 s and one retry'],
});
