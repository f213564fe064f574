import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, method, secret, url } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** A plain hash with the secret in front, without a time. Prefer v3 where HubSpot offers it. */
export const hubspotV2 = provider({
  name: 'hubspot-v2',
  title: 'HubSpot v2',
  scheme: {
    algorithm: 'sha256',
    key: utf8,
    content: [secret, method, url, body],
    signature: { in: header('X-HubSpot-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [json('/0/eventId'), json('/eventId')],
  type: [json('/0/subscriptionType'), json('/subscriptionType'), 'request'],
  orderKey: [json('/0/portalId'), json('/portalId')],
  dedupe: 'content',
  redelivers: true,
  timeoutSeconds: 5,
  acknowledge: { status: 200 },
  sources: [
    'npm @hubspot/api-client 13.5.0 (Signature.isValid)',
    'https://github.com/webhook-co/webhook (a third party’s registry): apps/docs/providers/hubspot.mdx',
  ],
  unchecked: ['5 s, 10 retries in 24 h'],
});
