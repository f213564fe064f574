import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const fingerprint = provider({
  name: 'fingerprint',
  title: 'Fingerprint',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('fpjs-event-signature'), grammar: kv(',', 'v1'), encoding: 'hex' },
  },
  id: [json('/requestId')],
  type: ['identification'],
  orderKey: [json('/visitorId')],
  dedupe: 'content',
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm @fingerprintjs/fingerprintjs-pro-server-api (isValidWebhookSignature)'],
  unchecked: ['its fields, timeout and retries'],
});
