import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const onfido = provider({
  name: 'onfido',
  title: 'Onfido',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-SHA2-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [],
  type: [json('/payload/action')],
  orderKey: [json('/payload/object/id')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm @onfido/api (WebhookEventVerifier)'],
  unchecked: ['its timeout and retries'],
});
