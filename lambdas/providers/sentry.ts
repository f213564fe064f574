import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, joined, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const sentry = provider({
  name: 'sentry',
  title: 'Sentry',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('Sentry-Hook-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [header('Request-ID')],
  type: [joined(header('Sentry-Hook-Resource'), '.', json('/action')), header('Sentry-Hook-Resource')],
  orderKey: [json('/installation/uuid')],
  redelivers: false,
  timeoutSeconds: 1,
  acknowledge: { status: 200 },
  unsigned: { id: 'Request-ID is a header, and only the body is signed' },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['that it waits 1 s, and that it does not retry'],
});
