import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, query } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Tells only that an account has changes, so two equal bodies are one notification until the record expires. */
export const dropbox = provider({
  name: 'dropbox',
  title: 'Dropbox',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Dropbox-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [],
  type: ['list_folder'],
  orderKey: [json('/list_folder/accounts/0')],
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
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['10 s, and that it retries'],
});
