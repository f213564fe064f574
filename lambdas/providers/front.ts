import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const front = provider({
  name: 'front',
  title: 'Front',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, ':', body],
    signature: { in: header('X-Front-Signature'), grammar: plain(), encoding: 'base64' },
    timestamp: { in: header('X-Front-Request-Timestamp'), unit: 'ms' },
  },
  id: [json('/payload/id'), json('/id')],
  type: [json('/type')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['the colon between time and body, where its ids stand, its timeout and retries'],
});
