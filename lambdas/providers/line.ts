import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, capture, header, joined, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** One request holds a list of events; the type is the first one’s. */
export const line = provider({
  name: 'line',
  title: 'LINE',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('x-line-signature'), grammar: plain(), encoding: 'base64' },
  },
  id: [json('/events/0/webhookEventId')],
  type: [json('/events/0/type'), joined('verify', capture(body, /"events"\s*:\s*\[\s*\]()/))],
  orderKey: [json('/destination')],
  dedupe: 'content',
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm @line/bot-sdk (validateSignature)'],
  unchecked: ['its timeout and retries', 'that the console’s check has no events'],
});
