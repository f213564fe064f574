import { kv } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { header, json, lower, optional, query, sigParam, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const mercadopago = provider({
  name: 'mercadopago',
  title: 'Mercado Pago',
  scheme: {
    algorithm: 'hmac-sha256',
    key: utf8,
    content: [
      optional('id:', query('data.id'), ';'),
      optional('request-id:', header('x-request-id'), ';'),
      'ts:',
      timestamp,
      ';',
    ],
    // Documented with the id in lower case, which its SDK does not do.
    alternatives: [
      [
        optional('id:', lower(query('data.id')), ';'),
        optional('request-id:', header('x-request-id'), ';'),
        'ts:',
        timestamp,
        ';',
      ],
    ],
    signature: { in: header('x-signature'), grammar: kv(',', 'v1'), encoding: 'hex' },
    timestamp: { in: sigParam('ts'), unit: 'digits' },
  },
  id: [json('/id')],
  type: [json('/action'), json('/type'), query('type')],
  orderKey: [json('/user_id')],
  redelivers: true,
  acknowledge: { status: 200 },
  unsigned: {
    body: 'only the id in the query, the request id and the time are signed',
    id: 'the body’s id is not signed; data.id names the object, not the event',
  },
  sources: [
    'npm mercadopago (WebhookSignatureValidator)',
    'https://github.com/webhook-co/webhook (a third party’s registry)',
  ],
  unchecked: ['the unit of its timestamp differs between its products', 'its timeout and retries'],
});
