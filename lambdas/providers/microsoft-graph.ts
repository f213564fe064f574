import { utf8 } from '../core/scheme/key.ts';
import { capture, joined, json, query } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Slow answers throttle the endpoint. Notifications with encrypted content are not covered. */
export const microsoftGraph = provider({
  name: 'microsoft-graph',
  title: 'Microsoft Graph change notifications',
  scheme: {
    algorithm: 'token',
    key: utf8,
    token: { in: json('/value/0/clientState') },
    each: { array: ['value'], member: 'clientState' },
  },
  id: [json('/value/0/id')],
  type: [
    joined(json('/value/0/changeType'), '.', capture(json('/value/0/resource'), /^([A-Za-z]{1,64})/)),
    json('/value/0/lifecycleEvent'),
  ],
  orderKey: [json('/value/0/tenantId')],
  redelivers: true,
  timeoutSeconds: 3,
  acknowledge: { status: 202 },
  handshakes: [
    {
      method: 'POST',
      signed: false,
      when: [{ part: query('validationToken'), matches: /^[A-Za-z0-9 .,:;_~+/=-]{1,1024}$/ }],
      answer: { status: 200, text: [query('validationToken')] },
    },
  ],
  unsigned: {
    body: 'nothing is signed: clientState is sent as it is with every notification',
    id: 'nothing is signed: clientState is sent as it is with every notification',
  },
  sources: [
    'https://github.com/microsoftgraph/microsoft-graph-docs-contrib (concepts/change-notifications-delivery-webhooks.md)',
  ],
  unchecked: ['10 s for the validation'],
});
