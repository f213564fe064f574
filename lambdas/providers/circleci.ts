import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const circleci = provider({
  name: 'circleci',
  title: 'CircleCI',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('circleci-signature'), grammar: kv(',', 'v1'), encoding: 'hex' },
  },
  id: [json('/id')],
  type: [header('circleci-event-type'), json('/type')],
  orderKey: [json('/organization/id')],
  redelivers: true,
  timeoutSeconds: 5,
  acknowledge: { status: 200 },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['5 s, and that it retries'],
});
