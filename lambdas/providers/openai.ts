import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

/** The body’s own `id` names the event object; the header names the webhook. */
export const openai = provider({
  name: 'openai',
  title: 'OpenAI',
  scheme: standardWebhooks('webhook'),
  id: [header('webhook-id')],
  type: [json('/type')],
  redelivers: true,
  timeoutSeconds: 20,
  acknowledge: { status: 200 },
  sources: ['npm openai (webhooks.unwrap)', 'https://github.com/hookdeck/webhook-skills (a third party’s collection)'],
  unchecked: ['whether it retries for 72 h'],
});
