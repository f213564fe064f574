import { versioned } from './grammar.ts';
import { base64Key, type KeyEncoding } from './key.ts';
import { body, header, timestamp } from './part.ts';
import type { SignatureScheme } from './provider.ts';

/**
 * The scheme of Standard Webhooks, under any header prefix: `id.timestamp.body` in a list of `v1,<base64>`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function standardWebhooks(prefix: string, key: KeyEncoding = base64Key('whsec_')): SignatureScheme {
  return {
    algorithm: 'hmac-sha256',
    key,
    content: [header(`${prefix}-id`), '.', timestamp, '.', body],
    signature: { in: header(`${prefix}-signature`), grammar: versioned(' ', 'v1,'), encoding: 'base64' },
    timestamp: { in: header(`${prefix}-timestamp`), unit: 's' },
  };
}
