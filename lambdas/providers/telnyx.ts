import { plain } from '../core/scheme/grammar.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** The source holds the account’s public key, so nothing stored here can sign. */
export const telnyx = provider({
  name: 'telnyx',
  title: 'Telnyx',
  scheme: {
    algorithm: 'ed25519',
    key: { key: 'ed25519', text: 'base64' },
    content: [timestamp, '|', body],
    signature: { in: header('Telnyx-Signature-Ed25519'), grammar: plain(), encoding: 'base64' },
    timestamp: { in: header('Telnyx-Timestamp'), unit: 's' },
  },
  id: [json('/data/id')],
  type: [json('/data/event_type')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm telnyx (webhooks.constructEvent)'],
  unchecked: ['its timeout and retries'],
});
