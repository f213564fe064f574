import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

/** Its documentation shows four formats; this is the one its SDK verifies. */
export const scalekit = provider({
  name: 'scalekit',
  title: 'Scalekit',
  scheme: standardWebhooks('webhook'),
  id: [json('/id'), header('webhook-id')],
  type: [json('/type')],
  occurredAt: { at: '/occurred_at', as: 'iso' },
  orderKey: [json('/organization_id'), json('/data/organization/id'), json('/environment_id')],
  redelivers: true,
  timeoutSeconds: 10,
  acknowledge: { status: 201 },
  addresses: ['52.206.68.0/24', '54.236.0.0/16'],
  sources: [
    'npm @scalekit-sdk/node 2.11.0, lib/scalekit.js',
    'https://docs.scalekit.com/reference/webhooks/overview',
    'https://github.com/scalekit-inc/developer-docs (authenticate/implement-workflows/implement-webhooks.mdx)',
  ],
  unchecked: [
    'whether webhook-id is the same over retries (the Standard Webhooks specification says so)',
    'the addresses: 54.236.0.0/16 is shared by all tenants of an AWS region, and the current documentation has no list',
    'the retry schedule: five different ones are published',
  ],
});
