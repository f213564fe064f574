import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, setting } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const livekit = provider({
  name: 'livekit',
  title: 'LiveKit',
  scheme: {
    algorithm: 'HS256',
    key: utf8,
    token: { in: header('Authorization') },
    equal: { iss: setting('apiKey') },
    hashed: { sha256: { of: body, encoding: 'base64' } },
    required: ['exp'],
    leewaySeconds: 10,
  },
  id: [json('/id')],
  type: [json('/event')],
  orderKey: [json('/room/sid')],
  redelivers: true,
  acknowledge: { status: 200 },
  settings: { apiKey: 'the API key that issues the tokens; the secret is the API secret' },
  sources: ['npm livekit-server-sdk 2.19.2 (WebhookReceiver)'],
  unchecked: ['its timeout and retries'],
});
