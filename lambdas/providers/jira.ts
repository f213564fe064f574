import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Webhooks that apps register (Connect) carry a token instead and are not covered. */
export const jira = provider({
  name: 'jira',
  title: 'Jira and other Atlassian system webhooks',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Hub-Signature'), grammar: plain('sha256='), encoding: 'hex' },
  },
  id: [header('X-Atlassian-Webhook-Identifier')],
  type: [json('/webhookEvent')],
  orderKey: [json('/issue/fields/project/id')],
  redelivers: true,
  acknowledge: { status: 200 },
  unsigned: { id: 'X-Atlassian-Webhook-Identifier is a header, and only the body is signed' },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['5 tries, 5 to 15 minutes apart, on 408, 409, 425, 429, 5xx or a timeout', 'what orders its events'],
});
