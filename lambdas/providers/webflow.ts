import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const webflow = provider({
  name: 'webflow',
  title: 'Webflow',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, ':', body],
    signature: { in: header('x-webflow-signature'), grammar: plain(), encoding: 'hex' },
    timestamp: { in: header('x-webflow-timestamp'), unit: 'ms' },
  },
  id: [],
  type: [json('/triggerType')],
  orderKey: [json('/payload/siteId')],
  redelivers: true,
  timeoutSeconds: 30,
  acknowledge: { status: 200 },
  sources: [
    'npm webflow-api (verifyRequestSignature)',
    'https://github.com/hookdeck/webhook-skills (a third party’s collection)',
  ],
});
