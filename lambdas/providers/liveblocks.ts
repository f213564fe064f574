import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

export const liveblocks = provider({
  name: 'liveblocks',
  title: 'Liveblocks',
  scheme: standardWebhooks('webhook'),
  id: [header('webhook-id')],
  type: [json('/type')],
  orderKey: [json('/data/projectId')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm @liveblocks/node (WebhookHandler)'],
  unchecked: ['its timeout'],
});
