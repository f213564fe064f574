import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const notion = provider({
  name: 'notion',
  title: 'Notion',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Notion-Signature'), grammar: plain('sha256='), encoding: 'hex' },
  },
  id: [json('/id')],
  type: [json('/type')],
  orderKey: [json('/workspace_id')],
  redelivers: true,
  acknowledge: { status: 200 },
  handshakes: [
    {
      // The token is the signing key, and is to be pasted back into Notion.
      method: 'POST',
      signed: false,
      onlyWithoutSecret: true,
      when: [{ part: json('/verification_token'), matches: /^[A-Za-z0-9_-]{8,256}$/ }],
      answer: { status: 200 },
      offers: json('/verification_token'),
    },
  ],
  sources: [
    'npm @notionhq/client (verifyWebhookSignature)',
    'https://github.com/webhook-co/webhook (a third party’s registry)',
  ],
  unchecked: ['up to 8 retries'],
});
