import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The key is the whole secret, `whsec_` included. There is no timestamp: only the event id stops a replay. */
export const inkress = provider({
  name: 'inkress',
  title: 'Inkress',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('x-inkress-signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [json('/id')],
  type: [json('/event_type')],
  occurredAt: { at: '/created_at', as: 'iso' },
  orderKey: [json('/metadata/merchant_id')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['Inkress webhook security guide', 'https://dev.inkress.com/docs/pages/webhooks/events'],
  unchecked: ['timeout, retries and addresses are not documented; it is taken to retry'],
});
