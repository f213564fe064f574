import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Webhooks of triggers and automations send whatever body their author wrote: they have no type of their own. */
export const zendesk = provider({
  name: 'zendesk',
  title: 'Zendesk',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, body],
    signature: { in: header('X-Zendesk-Webhook-Signature'), grammar: plain(), encoding: 'base64' },
    timestamp: { in: header('X-Zendesk-Webhook-Signature-Timestamp'), unit: 'iso8601' },
  },
  id: [json('/id'), header('X-Zendesk-Webhook-Invocation-Id')],
  type: [json('/type'), 'trigger'],
  orderKey: [header('X-Zendesk-Account-Id')],
  redelivers: true,
  timeoutSeconds: 12,
  acknowledge: { status: 200 },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry): apps/docs/providers/zendesk.mdx'],
  unchecked: ['about 12 s and few retries', 'that a fixed test secret signs until the webhook is created'],
});
