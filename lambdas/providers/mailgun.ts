import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const mailgun = provider({
  name: 'mailgun',
  title: 'Mailgun',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [json('/signature/timestamp'), json('/signature/token')],
    signature: { in: json('/signature/signature'), grammar: plain(), encoding: 'hex' },
    timestamp: { in: json('/signature/timestamp'), unit: 's' },
  },
  id: [json('/event-data/id')],
  type: [json('/event-data/event')],
  orderKey: [json('/event-data/recipient-domain')],
  // The token is new in every request and signed: it is what recognises a replay.
  dedupe: 'content',
  redelivers: true,
  acknowledge: { status: 200 },
  unsigned: {
    body: 'only the timestamp and a random token are signed, never what happened',
    id: 'only the timestamp and a random token are signed, never what happened',
  },
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry): apps/docs/providers/mailgun.mdx'],
  unchecked: ['that 406 stops its retries of about 8 h', 'whether a retry has a timestamp of its own'],
});
