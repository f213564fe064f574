import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, joined, json, query, setting } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** One request may hold several entries; there is no event id. */
export const meta = provider({
  name: 'meta',
  title: 'Meta (Facebook, Instagram, WhatsApp, Messenger)',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Hub-Signature-256'), grammar: plain('sha256='), encoding: 'hex' },
  },
  id: [],
  type: [joined(json('/object'), '.', json('/entry/0/changes/0/field')), json('/object')],
  orderKey: [json('/entry/0/id')],
  redelivers: true,
  acknowledge: { status: 200 },
  handshakes: [
    {
      method: 'GET',
      signed: false,
      when: [
        { part: query('hub.mode'), equals: 'subscribe' },
        { part: query('hub.verify_token'), equals: setting('verifyToken') },
        { part: query('hub.challenge'), matches: /^[A-Za-z0-9_-]{1,128}$/ },
      ],
      answer: { status: 200, text: [query('hub.challenge')] },
    },
  ],
  settings: { verifyToken: 'the verify token entered in the app dashboard' },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: [
    'retries up to 36 h, WhatsApp 7 days',
    'that it signs its escaped-unicode form, so that the raw bytes are right',
  ],
});
