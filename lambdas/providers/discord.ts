import { plain } from '../core/scheme/grammar.ts';
import { body, header, joined, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Sends wrong signatures on purpose and drops endpoints that accept them: expect some refusals. */
export const discord = provider({
  name: 'discord',
  title: 'Discord',
  scheme: {
    algorithm: 'ed25519',
    key: { key: 'ed25519', text: 'hex' },
    content: [timestamp, body],
    signature: { in: header('X-Signature-Ed25519'), grammar: plain(), encoding: 'hex' },
    timestamp: { in: header('X-Signature-Timestamp'), unit: 's' },
  },
  id: [],
  type: [json('/event/type'), joined('interaction.', json('/type'))],
  orderKey: [json('/application_id')],
  redelivers: true,
  timeoutSeconds: 3,
  acknowledge: { status: 204 },
  handshakes: [
    {
      method: 'POST',
      signed: true,
      when: [
        { part: json('/type'), equals: '0' },
        { part: json('/event/type'), absent: true },
      ],
      answer: { status: 204 },
    },
    {
      method: 'POST',
      signed: true,
      when: [
        { part: json('/type'), equals: '1' },
        { part: json('/event/type'), absent: true },
      ],
      answer: { status: 200, headers: { 'content-type': ['application/json'] }, text: ['{"type":1}'] },
    },
  ],
  sources: [
    'https://github.com/discord/discord-api-docs (docs/events/webhook-events.mdx)',
    'npm discord-interactions 4.4.0',
  ],
});
