import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, method, timestamp, url, urlAs } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** One request holds up to 100 events; id and type are the first one’s. */
export const hubspotV3 = provider({
  name: 'hubspot-v3',
  title: 'HubSpot v3',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [method, url, body, timestamp],
    // Its documentation wants the escapes of the URL undone, its SDK leaves them.
    alternatives: [[method, urlAs('decoded'), body, timestamp]],
    signature: { in: header('X-HubSpot-Signature-v3'), grammar: plain(), encoding: 'base64' },
    timestamp: { in: header('X-HubSpot-Request-Timestamp'), unit: 'ms' },
  },
  id: [json('/0/eventId'), json('/eventId')],
  type: [json('/0/subscriptionType'), json('/subscriptionType')],
  orderKey: [json('/0/portalId'), json('/portalId')],
  dedupe: 'content',
  redelivers: true,
  timeoutSeconds: 5,
  acknowledge: { status: 200 },
  sources: ['npm @hubspot/api-client 13.5.0 (Signature.isValid)'],
  unchecked: ['5 s, 10 retries in 24 h', 'that eventId is not unique'],
});
