import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const lemonsqueezy = provider({
  name: 'lemonsqueezy',
  title: 'Lemon Squeezy',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [],
  type: [header('X-Event-Name'), json('/meta/event_name')],
  orderKey: [json('/data/attributes/store_id')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['3 more tries after 5, 25 and 125 s'],
});
