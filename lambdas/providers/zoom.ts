import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const zoom = provider({
  name: 'zoom',
  title: 'Zoom',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: ['v0:', timestamp, ':', body],
    signature: { in: header('x-zm-signature'), grammar: plain('v0='), encoding: 'hex' },
    timestamp: { in: header('x-zm-request-timestamp'), unit: 's' },
  },
  id: [],
  type: [json('/event')],
  orderKey: [json('/payload/account_id')],
  redelivers: true,
  timeoutSeconds: 3,
  acknowledge: { status: 200 },
  handshakes: [
    {
      // The same key signs bodies: answered only when Zoom signed the request, as its own SDK does.
      method: 'POST',
      signed: true,
      when: [
        { part: json('/event'), equals: 'endpoint.url_validation' },
        { part: json('/payload/plainToken'), matches: /^[A-Za-z0-9_-]{1,128}$/ },
      ],
      answer: {
        status: 200,
        json: {
          plainToken: [json('/payload/plainToken')],
          encryptedToken: [{ mac: json('/payload/plainToken'), algorithm: 'sha256', encoding: 'hex' }],
        },
      },
    },
  ],
  sources: ['npm @zoom/rivet 0.4.0', 'https://devsupport.zoom.us (360059893812: retries after 5, 20 and 60 min)'],
  unchecked: ['that endpoints are validated again every 72 h'],
});
