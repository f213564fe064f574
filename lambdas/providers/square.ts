import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, url } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Signs the notification URL as configured at Square: set it as the source’s `url`. */
export const square = provider({
  name: 'square',
  title: 'Square',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [url, body],
    signature: { in: header('x-square-hmacsha256-signature'), grammar: plain(), encoding: 'base64' },
  },
  id: [json('/event_id')],
  type: [json('/type')],
  orderKey: [json('/merchant_id')],
  redelivers: true,
  timeoutSeconds: 10,
  acknowledge: { status: 200 },
  sources: ['npm square 46.0.0 (WebhooksHelper.verifySignature)'],
  unchecked: ['10 s, 11 retries in 24 h'],
});
