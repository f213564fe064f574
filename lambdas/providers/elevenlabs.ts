import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, sigParam, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const elevenlabs = provider({
  name: 'elevenlabs',
  title: 'ElevenLabs',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, '.', body],
    signature: { in: header('ElevenLabs-Signature'), grammar: kv(',', 'v0'), encoding: 'hex' },
    timestamp: { in: sigParam('t'), unit: 's', past: 1800 },
  },
  id: [],
  type: [json('/type')],
  redelivers: true,
  timeoutSeconds: 10,
  acknowledge: { status: 200 },
  sources: [
    'npm @elevenlabs/elevenlabs-js (webhooks.constructEvent)',
    'https://github.com/hookdeck/webhook-skills (a third party’s collection)',
  ],
  unchecked: ['that it retries'],
});
