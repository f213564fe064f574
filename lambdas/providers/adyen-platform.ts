import { plain } from '../core/scheme/grammar.ts';
import { hexKey } from '../core/scheme/key.ts';
import { body, header, json } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** A new key takes time to reach Adyen: keep the old one meanwhile. */
export const adyenPlatform = provider({
  name: 'adyen-platform',
  title: 'Adyen for Platforms',
  scheme: {
    algorithm: 'hmac-sha256',
    key: hexKey,
    content: [body],
    signature: { in: header('hmacsignature'), grammar: plain(), encoding: 'base64' },
  },
  id: [],
  type: [json('/type')],
  orderKey: [json('/data/balancePlatform')],
  redelivers: true,
  timeoutSeconds: 10,
  acknowledge: { status: 200 },
  sources: [
    'npm @adyen/api-library (HmacValidator)',
    'https://docs.adyen.com/development-resources/notifications/best-practices',
  ],
  unchecked: ['its timeout'],
});
