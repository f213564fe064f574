import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, url } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Signs the callback URL as registered: set it as the source’s `url`. */
export const trello = provider({
  name: 'trello',
  title: 'Trello',
  scheme: {
    algorithm: 'hmac-sha1',
    key: utf8,
    content: [body, url],
    signature: { in: header('X-Trello-Webhook'), grammar: plain(), encoding: 'base64' },
  },
  id: [json('/action/id')],
  type: [json('/action/type')],
  orderKey: [json('/model/id')],
  redelivers: true,
  acknowledge: { status: 200 },
  handshakes: [{ method: 'HEAD', signed: false, when: [], answer: { status: 200 } }],
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['the HEAD request at set-up, its timeout and retries'],
});
