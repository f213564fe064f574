import { utf8 } from '../core/scheme/key.ts';
import { body, claim, form, header, json, query, url } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** Signs the URL it calls: set it as the source’s `url` where a proxy rewrites it. */
export const messagebird = provider({
  name: 'messagebird',
  title: 'MessageBird',
  scheme: {
    algorithm: 'HS256',
    orElse: ['HS384', 'HS512'],
    key: utf8,
    token: { in: header('MessageBird-Signature-JWT') },
    equal: { iss: 'MessageBird' },
    hashed: {
      url_hash: { of: url, encoding: 'hex' },
      payload_hash: { of: body, encoding: 'hex', absentWhenEmpty: true },
    },
    required: ['exp', 'jti'],
    leewaySeconds: 5,
  },
  id: [claim('jti')],
  type: [json('/type'), json('/event'), form('status'), query('status'), 'message'],
  orderKey: [json('/message/id'), json('/id')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm messagebird (webhook-signature-jwt)'],
  unchecked: ['its fields, timeout and retries; whether jti is the same over retries'],
});
