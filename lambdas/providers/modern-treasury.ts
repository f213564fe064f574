import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const modernTreasury = provider({
  name: 'modern-treasury',
  title: 'Modern Treasury',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [header('X-Event-ID')],
  type: [header('X-Topic'), json('/event')],
  redelivers: true,
  acknowledge: { status: 200 },
  unsigned: { id: 'X-Event-ID is a header, and only the body is signed' },
  sources: ['npm modern-treasury (webhooks.validateWebhookSignature)'],
  unchecked: ['X-Topic and X-Event-ID, its timeout and retries'],
});
