import { base64, capture, form, query, setting } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

export const braintree = provider({
  name: 'braintree',
  title: 'Braintree',
  scheme: {
    algorithm: 'hmac-sha1',
    key: { key: 'sha1' },
    content: [form('bt_payload')],
    // Form parsers drop the newline that ends the payload.
    alternatives: [[form('bt_payload'), '\n']],
    // Its SDK refuses anything else unseen; the same key signs challenges, which no payload must be.
    require: [{ part: form('bt_payload'), matches: /^[A-Za-z0-9+=/\n]+$/ }],
    wholeBody: 'the form has bt_payload, which is signed, and the signature itself',
    signature: {
      in: form('bt_signature'),
      grammar: { grammar: 'pairs', separator: '&', divider: '|', owner: setting('public') },
      encoding: 'hex',
    },
  },
  id: [],
  type: [capture(base64(form('bt_payload')), /<kind>([a-z0-9_]{1,64})<\/kind>/)],
  redelivers: true,
  acknowledge: { status: 200 },
  handshakes: [
    {
      // The same key signs payloads: only hexadecimal digits are signed, which no payload consists of.
      method: 'GET',
      signed: false,
      when: [{ part: query('bt_challenge'), matches: /^[a-f0-9]{20,32}$/ }],
      answer: {
        status: 200,
        text: [setting('public'), '|', { mac: query('bt_challenge'), algorithm: 'sha1', encoding: 'hex' }],
      },
    },
  ],
  settings: { public: 'the public key; the secret is the private key' },
  sources: ['npm braintree 3.40.0 (webhookNotification)'],
  unchecked: ['its timeout and retries'],
});
