import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const pagerduty = provider({
  name: 'pagerduty',
  title: 'PagerDuty v3',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-PagerDuty-Signature'), grammar: kv(',', 'v1'), encoding: 'hex' },
  },
  id: [json('/event/id')],
  type: [json('/event/event_type')],
  orderKey: [json('/event/data/service/id')],
  redelivers: true,
  timeoutSeconds: 16,
  acknowledge: { status: 200 },
  sources: [
    'https://github.com/webhook-co/webhook (a third party’s registry)',
    'https://community.pagerduty.com (its safelist is “not best practice”)',
  ],
  unchecked: ['about 16 s and 10 tries', 'what orders its events'],
});
