import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

export const resend = provider({
  name: 'resend',
  title: 'Resend',
  scheme: standardWebhooks('svix'),
  id: [header('svix-id')],
  type: [json('/type')],
  orderKey: [json('/data/email_id')],
  redelivers: true,
  timeoutSeconds: 15,
  acknowledge: { status: 200 },
  sources: ['npm resend (webhooks.verify)', 'https://github.com/svix/svix-webhooks (retries as Svix)'],
  unchecked: ['which field of data orders its events'],
});
