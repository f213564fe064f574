import { createPublicKey, verify } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Attempt } from '../core/scheme/attempt.ts';
import type { KeyPort } from '../core/scheme/key-port.ts';
import { header, json, setting } from '../core/scheme/part.ts';
import { type Proof, provider } from '../core/scheme/provider.ts';
import { decodeStrict } from '../core/scheme/text.ts';
import { readTime } from '../core/scheme/timestamp.ts';

/** The only addresses a certificate is fetched from. */
const CERTIFICATE = /^https:\/\/api(?:-m)?(?:\.sandbox)?\.paypal\.com\/v1\/notifications\/certs\/[A-Za-z0-9_-]{1,128}$/;

/** RSA over `id|time|webhook id|CRC-32 of the body`, under a certificate that PayPal serves. */
export const paypal = provider({
  name: 'paypal',
  title: 'PayPal',
  scheme: {
    algorithm: 'code',
    key: { key: 'fetched' },
    describes: 'RSA over transmission id, time, webhook id and the body’s CRC-32, with a certificate from PayPal',
    covers: [header('PayPal-Transmission-Id'), header('PayPal-Transmission-Time'), setting('webhookId')],
    reads: [
      'paypal-transmission-id',
      'paypal-transmission-time',
      'paypal-transmission-sig',
      'paypal-cert-url',
      'paypal-auth-algo',
    ],
    prove: (attempt, secrets, { keys }) => proveTransmission(attempt, secrets.settings.get('webhookId') ?? [], keys),
  },
  id: [json('/id'), header('PayPal-Transmission-Id')],
  type: [json('/event_type')],
  orderKey: [json('/resource/id')],
  redelivers: true,
  acknowledge: { status: 200 },
  settings: { webhookId: 'the id that PayPal gave this webhook' },
  unsigned: { body: 'only its CRC-32 is signed, and another body with the same CRC-32 is easily made' },
  sources: [
    'https://developer.paypal.com/api/webhooks/v1 (definitions/verify_webhook_signature)',
    'https://github.com/webhook-co/webhook (a third party’s registry)',
  ],
  unchecked: [
    '25 tries over 3 days',
    'the path of its certificates',
    'whether a retry has a transmission id of its own',
  ],
});

async function proveTransmission(
  attempt: Attempt,
  webhookIds: readonly string[],
  keys: KeyPort | undefined,
): Promise<Proof> {
  const id = attempt.header('paypal-transmission-id');
  const time = attempt.header('paypal-transmission-time');
  const text = attempt.header('paypal-transmission-sig');
  const address = attempt.header('paypal-cert-url') ?? '';
  const algorithm = attempt.header('paypal-auth-algo');
  if (attempt.repeated) return 'repeated-header';
  if (text === undefined || text === '') return 'missing-signature';
  if (id === undefined) return 'missing-id';
  if (!/^[A-Za-z0-9-]{1,128}$/.test(id.slice(0, 200))) return 'malformed-id';
  if (time === undefined) return 'missing-timestamp';
  if (readTime(time, 'iso8601') === undefined) return 'malformed-timestamp';
  const signature = text.length > 2048 ? undefined : decodeStrict(text, 'base64');
  if (!signature || algorithm !== 'SHA256withRSA') return 'malformed-signature';
  if (address.length > 300 || !CERTIFICATE.test(address)) return 'untrusted-key';
  if (webhookIds.length === 0) return 'no-usable-secret';
  const certificate = await keys?.fetch(address);
  if (certificate === undefined) return 'untrusted-key';
  const crc = String(crc32(attempt.delivery.body));
  for (const [index, webhookId] of webhookIds.entries()) {
    const content = `${id}|${time}|${webhookId}|${crc}`;
    if (holds(content, certificate, signature)) return { secretIndex: index, content: [content] };
  }
  return 'wrong-secret-or-changed-body';
}

function holds(content: string, certificate: string, signature: Buffer): boolean {
  try {
    return verify('sha256', Buffer.from(content, 'utf8'), createPublicKey(certificate), signature);
  } catch {
    // What the address served is no certificate.
    return false;
  }
}
