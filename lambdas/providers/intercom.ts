import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const intercom = provider({
  name: 'intercom',
  title: 'Intercom',
  scheme: {
    algorithm: 'hmac-sha1',
    key: utf8,
    content: [body],
    signature: { in: header('X-Hub-Signature'), grammar: plain('sha1='), encoding: 'hex' },
  },
  id: [json('/id')],
  type: [json('/topic')],
  orderKey: [json('/app_id')],
  redelivers: true,
  timeoutSeconds: 5,
  acknowledge: { status: 200 },
  handshakes: [{ method: 'HEAD', signed: false, when: [], answer: { status: 200 } }],
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['5 s, one retry after a minute, and that 410 disables the webhook'],
});
