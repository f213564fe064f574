import { utf8 } from '../core/scheme/key.ts';
import { header, json, url } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const monday = provider({
  name: 'monday',
  title: 'monday.com',
  scheme: {
    algorithm: 'HS256',
    key: utf8,
    token: { in: header('Authorization') },
    equal: { aud: url },
    leewaySeconds: 5,
  },
  id: [json('/event/triggerUuid')],
  type: [json('/event/type')],
  orderKey: [json('/event/boardId')],
  dedupe: 'body',
  redelivers: true,
  acknowledge: { status: 200 },
  handshakes: [
    {
      method: 'POST',
      signed: false,
      when: [
        { part: json('/event/type'), absent: true },
        { part: json('/challenge'), matches: /^[A-Za-z0-9._~+/=-]{1,256}$/ },
      ],
      answer: { status: 200, json: { challenge: [json('/challenge')] } },
    },
  ],
  unsigned: {
    body: 'the token names the URL it is for and no hash of the body',
    id: 'the token names the URL it is for and no hash of the body',
  },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['that aud is the URL, where its fields stand, its timeout and retries'],
});
