import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

export const scalekitInterceptor = provider({
  name: 'scalekit-interceptor',
  title: 'Scalekit interceptors',
  scheme: standardWebhooks('interceptor'),
  id: [header('interceptor-id')],
  type: [json('/type')],
  orderKey: [json('/organization_id'), json('/environment_id')],
  // An interceptor is asked while a user waits: nobody sends it again.
  redelivers: false,
  acknowledge: { status: 200 },
  addresses: ['52.206.68.0/24', '54.236.0.0/16'],
  sources: ['npm @scalekit-sdk/node 2.11.0, lib/scalekit.js'],
  unchecked: ['timeout, acknowledgement and whether it is sent again', 'the addresses, as for scalekit'],
});
