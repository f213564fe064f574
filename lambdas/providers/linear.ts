import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The time that counts stands in the signed body; the Linear-Timestamp header is not signed. */
export const linear = provider({
  name: 'linear',
  title: 'Linear',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('Linear-Signature'), grammar: plain(), encoding: 'hex' },
    timestamp: { in: json('/webhookTimestamp'), unit: 'ms', number: true, past: 60, future: 60 },
  },
  id: [header('Linear-Delivery')],
  type: [header('Linear-Event'), json('/type')],
  orderKey: [json('/organizationId')],
  redelivers: true,
  timeoutSeconds: 5,
  acknowledge: { status: 200 },
  unsigned: { id: 'Linear-Delivery is a header, and only the body is signed' },
  sources: ['npm @linear/sdk 98.0.0 (LinearWebhookClient)'],
  unchecked: ['that it publishes its addresses'],
});
