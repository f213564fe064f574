import { plain } from '../core/scheme/grammar.ts';
import { utf8 } from '../core/scheme/key.ts';
import { body, header, json, secret, timestamp } from '../core/scheme/part.ts';
import { provider } from '../core/scheme/provider.ts';

/** A plain SHA-1 that ends in the API secret, as its SDK computes it. */
export const cloudinary = provider({
  name: 'cloudinary',
  title: 'Cloudinary',
  scheme: {
    algorithm: 'sha1',
    key: utf8,
    content: [body, timestamp, secret],
    signature: { in: header('X-Cld-Signature'), grammar: plain(), encoding: 'hex' },
    timestamp: { in: header('X-Cld-Timestamp'), unit: 's', past: 7200 },
  },
  id: [],
  type: [json('/notification_type')],
  redelivers: true,
  acknowledge: { status: 200 },
  sources: ['npm cloudinary (utils.verifyNotificationSignature)'],
  unchecked: ['its timeout and retries'],
});
