import { kv } from '../../lambdas/core/scheme/grammar.ts';
import { utf8 } from '../../lambdas/core/scheme/key.ts';
import { body, header, json, timestamp, sigParam } from '../../lambdas/core/scheme/part.ts';
import { provider } from '../../lambdas/core/scheme/provider.ts';

export const lettermint = provider({
  name: 'lettermint',
  title: 'Lettermint',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [timestamp, '.', body],
    signature: { in: header('X-Lettermint-Signature'), grammar: kv(',', 'v1'), encoding: 'hex' },
    timestamp: { in: sigParam('t'), unit: 's' },
  },
  id: [json('/id')],
  type: [json('/event')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['https://docs.lettermint.co/platform/webhooks/signing'],
  unchecked: ['how often and how long it retries', 'its timeout and its addresses'],
});
