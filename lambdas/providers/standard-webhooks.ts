import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

/** For any sender that follows the specification and has no file of its own. */
export const anyStandardWebhooks = provider({
  name: 'standard-webhooks',
  title: 'Standard Webhooks',
  scheme: standardWebhooks('webhook'),
  id: [header('webhook-id')],
  type: [json('/type')],
  redelivers: true,
  timeoutSeconds: 15,
  acknowledge: { status: 200 },
  sources: [
    'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
    'npm standardwebhooks 1.1.1',
  ],
});
