import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, joined, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const kontent = provider({
  name: 'kontent',
  title: 'Kontent.ai',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Kontent-ai-Signature'), grammar: plain(), encoding: 'base64' },
  },
  id: [],
  type: [
    joined(json('/notifications/0/message/object_type'), '.', json('/notifications/0/message/action')),
    joined(json('/message/type'), '.', json('/message/operation')),
  ],
  orderKey: [json('/notifications/0/message/environment_id'), json('/message/project_id')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm @kontent-ai/webhook-helper (signatureHelper)'],
  unchecked: ['its fields, timeout and retries'],
});
