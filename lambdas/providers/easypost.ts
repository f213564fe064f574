import { plain } from '../core/scheme/grammar.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Its SDK rewrites whole-number weights because it signs parsed JSON; over the raw bytes that is not needed. */
export const easypost = provider({
  name: 'easypost',
  title: 'EasyPost',
  scheme: {
    algorithm: 'hmac-sha256',
    key: { key: 'utf8', normalize: 'NFKD' },
    content: [body],
    signature: { in: header('X-Hmac-Signature'), grammar: plain('hmac-sha256-hex='), encoding: 'hex' },
  },
  id: [json('/id')],
  type: [json('/description')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm @easypost/api (Utils.validateWebhook)'],
  unchecked: ['its timeout and retries'],
});
