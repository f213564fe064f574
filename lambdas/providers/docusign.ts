import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, capture, joined, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** One numbered header per key of the account; any of them counts. */
export const docusign = provider({
  name: 'docusign',
  title: 'DocuSign Connect',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: {
      in: { place: 'numbered', prefix: 'x-docusign-signature-', max: 100 },
      grammar: plain(),
      encoding: 'base64',
    },
  },
  id: [joined(json('/data/envelopeId'), ':', json('/event'))],
  type: [json('/event'), capture(body, /<Status>([A-Za-z]{1,40})<\/Status>/)],
  orderKey: [json('/data/accountId')],
  dedupe: 'content',
  redelivers: true,
  timeoutSeconds: 100,
  acknowledge: { status: 200 },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['100 s; retries for 24 h, then daily', 'where its XML form has the type'],
});
