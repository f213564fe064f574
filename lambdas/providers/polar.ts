import { utf8 } from '../core/scheme/key.ts';
import { header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';
import { standardWebhooks } from '../core/scheme/standard-webhooks.ts';

/** The key is the text of the whole secret, `polar_whs_` included, not its base64. */
export const polar = provider({
  name: 'polar',
  title: 'Polar',
  scheme: standardWebhooks('webhook', utf8),
  id: [header('webhook-id')],
  type: [json('/type')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm @polar-sh/sdk (validateEvent)', 'https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['its timeout'],
});
