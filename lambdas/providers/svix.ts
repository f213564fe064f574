import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

export const svix = provider({
  name: 'svix',
  title: 'Svix',
  scheme: standardWebhooks('svix'),
  id: [header('svix-id')],
  type: [json('/type')],
  redelivers: true,
  timeoutSeconds: 15,
  acknowledge: { status: 200 },
  sources: ['npm svix 1.99.1', 'https://github.com/svix/svix-webhooks (server/svix-server/src/worker.rs)'],
  unchecked: ['addresses per region are said to be published by Svix'],
});
