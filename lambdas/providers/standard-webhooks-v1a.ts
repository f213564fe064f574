import { versioned } from '../core/scheme/grammar.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The source holds the sender’s public key, so nothing stored here can sign. */
export const standardWebhooksV1a = provider({
  name: 'standard-webhooks-v1a',
  title: 'Standard Webhooks, asymmetric',
  scheme: {
    algorithm: 'ed25519',
    key: { key: 'ed25519', text: 'base64', prefix: 'whpk_' },
    content: [header('webhook-id'), '.', timestamp, '.', body],
    signature: { in: header('webhook-signature'), grammar: versioned(' ', 'v1a,'), encoding: 'base64' },
    timestamp: { in: header('webhook-timestamp'), unit: 's' },
  },
  id: [header('webhook-id')],
  type: [json('/type')],
  redelivers: true,
  timeoutSeconds: 15,
  acknowledge: { status: 200 },
  sources: ['https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md'],
});
