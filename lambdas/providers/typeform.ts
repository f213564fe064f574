import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const typeform = provider({
  name: 'typeform',
  title: 'Typeform',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('Typeform-Signature'), grammar: plain('sha256='), encoding: 'base64' },
  },
  id: [json('/event_id')],
  type: [json('/event_type')],
  orderKey: [json('/form_response/form_id')],
  redelivers: true,
  timeoutSeconds: 30,
  acknowledge: { status: 200 },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['30 s, and that 404 and 410 disable the webhook'],
});
