import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, capture, header, joined, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Events have no ids; a heartbeat is a request without events. */
export const asana = provider({
  name: 'asana',
  title: 'Asana',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [body],
    signature: { in: header('X-Hook-Signature'), grammar: plain(), encoding: 'hex' },
  },
  id: [],
  type: [
    joined(json('/events/0/resource/resource_type'), '.', json('/events/0/action')),
    joined('heartbeat', capture(body, /^\s*\{\s*"events"\s*:\s*\[\s*\]\s*()\}\s*$/)),
  ],
  orderKey: [json('/events/0/resource/gid')],
  redelivers: true,
  timeoutSeconds: 10,
  acknowledge: { status: 200 },
  handshakes: [
    {
      // The secret comes with the first request and is repeated to Asana. Later ones are refused.
      method: 'POST',
      signed: false,
      onlyWithoutSecret: true,
      when: [{ part: header('X-Hook-Secret'), matches: /^[A-Za-z0-9_-]{16,256}$/ }],
      answer: { status: 200, headers: { 'x-hook-secret': [header('X-Hook-Secret')] } },
      offers: header('X-Hook-Secret'),
    },
  ],
  sources: ['https://github.com/webhook-co/webhook (a third party’s registry)'],
  unchecked: ['10 s, retries for 24 h, an empty list of events every 8 h'],
});
