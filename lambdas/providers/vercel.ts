import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const vercel = provider({
  name: 'vercel',
  title: 'Vercel',
  scheme: {
    algorithm: 'hmac-sha1',
    key: utf8,
    content: [body],
    signature: { in: header('x-vercel-signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [json('/id')],
  type: [json('/type')],
  orderKey: [json('/payload/team/id')],
  redelivers: true,
  timeoutSeconds: 30,
  acknowledge: { status: 200 },
  sources: [
    'https://github.com/webhook-co/webhook (a third party’s registry)',
    'https://github.com/hookdeck/webhook-skills (a third party’s collection)',
  ],
});
