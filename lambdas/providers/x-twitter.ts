import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, query } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** What happened is told by the body’s keys, not by a type field. */
export const xTwitter = provider({
  name: 'x-twitter',
  title: 'X (Twitter) account activity',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('x-twitter-webhooks-signature'), grammar: plain('sha256='), encoding: 'base64' },
  },
  id: [],
  type: ['account_activity'],
  orderKey: [json('/for_user_id')],
  redelivers: true,
  timeoutSeconds: 3,
  acknowledge: { status: 200 },
  handshakes: [
    {
      // The same key signs bodies, so the token must not be able to spell one: no braces, quotes or colons.
      method: 'GET',
      signed: false,
      when: [{ part: query('crc_token'), matches: /^[A-Za-z0-9._~+/=-]{1,256}$/ }],
      answer: {
        status: 200,
        json: { response_token: ['sha256=', { mac: query('crc_token'), algorithm: 'sha256', encoding: 'base64' }] },
      },
    },
  ],
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['the 3 s to answer a CRC, and that it comes about hourly', 'retries'],
});
