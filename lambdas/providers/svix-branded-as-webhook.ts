import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

/** Svix as its customers may send it: the same scheme under `webhook-*`. */
export const svixBrandedAsWebhook = provider({
  name: 'svix-branded-as-webhook',
  title: 'Svix with unbranded headers',
  scheme: standardWebhooks('webhook'),
  id: [header('webhook-id')],
  type: [json('/type')],
  redelivers: true,
  timeoutSeconds: 15,
  acknowledge: { status: 200 },
  sources: ['npm svix 1.99.1', 'https://github.com/svix/svix-webhooks (server/svix-server/src/worker.rs)'],
});
