import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const twitch = provider({
  name: 'twitch',
  title: 'Twitch EventSub',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [header('Twitch-Eventsub-Message-Id'), timestamp, body],
    signature: { in: header('Twitch-Eventsub-Message-Signature'), grammar: plain('sha256='), encoding: 'hex' },
    timestamp: { in: header('Twitch-Eventsub-Message-Timestamp'), unit: 'iso8601', past: 600 },
  },
  id: [header('Twitch-Eventsub-Message-Id')],
  type: [json('/subscription/type')],
  orderKey: [json('/subscription/id')],
  redelivers: true,
  acknowledge: { status: 204 },
  handshakes: [
    {
      method: 'POST',
      signed: true,
      when: [
        { part: header('Twitch-Eventsub-Message-Type'), equals: 'webhook_callback_verification' },
        { part: json('/challenge'), matches: /^[A-Za-z0-9_-]{1,256}$/ },
      ],
      answer: { status: 200, text: [json('/challenge')] },
    },
  ],
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['its timeout and retries'],
});
