import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

/** `/id` is the prediction’s, the same for all its states: the header tells deliveries apart. */
export const replicate = provider({
  name: 'replicate',
  title: 'Replicate',
  scheme: standardWebhooks('webhook'),
  id: [json('/id'), header('webhook-id')],
  type: [json('/status')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm replicate (validateWebhook), which holds no window against the timestamp'],
  unchecked: ['its timeout and its retries'],
});
