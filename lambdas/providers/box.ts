import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Two keys sign side by side so that each can be changed; either is enough. */
export const box = provider({
  name: 'box',
  title: 'Box',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body, timestamp],
    require: [
      { part: header('BOX-SIGNATURE-VERSION'), equals: '1' },
      { part: header('BOX-SIGNATURE-ALGORITHM'), equals: 'HmacSHA256' },
    ],
    signature: {
      in: { place: 'any', of: [header('BOX-SIGNATURE-PRIMARY'), header('BOX-SIGNATURE-SECONDARY')] },
      grammar: plain(),
      encoding: 'base64',
    },
    // Its SDK takes no time ahead at all; clocks differ.
    timestamp: { in: header('BOX-DELIVERY-TIMESTAMP'), unit: 'iso8601', past: 600, future: 60 },
  },
  id: [json('/id'), header('BOX-DELIVERY-ID')],
  type: [json('/trigger')],
  orderKey: [json('/source/id')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm box-node-sdk (webhooks validateMessage)'],
  unchecked: ['its timeout and retries, and what orders its events'],
});
