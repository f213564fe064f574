import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

/** Sends `svix-*` only; its SDK does not look at `webhook-*`. */
export const clerk = provider({
  name: 'clerk',
  title: 'Clerk',
  scheme: standardWebhooks('svix'),
  id: [header('svix-id')],
  type: [json('/type')],
  orderKey: [json('/data/organization/id'), json('/instance_id')],
  redelivers: true,
  timeoutSeconds: 15,
  acknowledge: { status: 200 },
  sources: [
    'npm @clerk/backend (verifyWebhook)',
    'https://github.com/hookdeck/webhook-skills (a third party’s collection)',
  ],
});
