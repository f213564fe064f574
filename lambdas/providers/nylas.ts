import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, query } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const nylas = provider({
  name: 'nylas',
  title: 'Nylas',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Nylas-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [json('/id')],
  type: [json('/type')],
  orderKey: [json('/data/object/grant_id')],
  redelivers: true,
  timeoutSeconds: 10,
  acknowledge: { status: 200 },
  handshakes: [
    {
      method: 'GET',
      signed: false,
      when: [{ part: query('challenge'), matches: /^[A-Za-z0-9._~+/=-]{1,256}$/ }],
      answer: { status: 200, text: [query('challenge')] },
    },
  ],
  sources: [
    'npm nylas (webhooks.extractChallengeParameter)',
    'https://github.com/webhook-co/webhook (a third party’s registry)',
  ],
  unchecked: ['its timeout and retries, and where its events’ ids stand'],
});
