import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, sigParam, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Its window is 5 s, which a retry meets with a timestamp of its own; a source may widen it. */
export const paddle = provider({
  name: 'paddle',
  title: 'Paddle Billing',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, ':', body],
    signature: { in: header('Paddle-Signature'), grammar: kv(';', 'h1'), encoding: 'hex' },
    timestamp: { in: sigParam('ts'), unit: 's', past: 5, future: 5 },
  },
  id: [json('/event_id')],
  type: [json('/event_type')],
  redelivers: true,
  timeoutSeconds: 5,
  acknowledge: { status: 200 },
  sources: [
    'npm @paddle/paddle-node-sdk 3.10.0 (webhooks.isSignatureValid)',
    'https://github.com/hookdeck/webhook-skills (a third party’s collection)',
  ],
});
