import { createHmac } from 'node:crypto';
import { contentBytes } from './attempt.ts';
import { atPointer, parseJson } from './json.ts';
import { decodeSecrets } from './key.ts';
import { header, type Pointer, json } from './part.ts';
import { signedText } from '../../providers/adyen-payments.ts';
import { canonicalRequest } from '../../providers/contentful.ts';
import { signedUrl } from '../../providers/plivo-v3.ts';
import type { Draft } from './draft.ts';
import type { Sample, Signing } from './sign.ts';

/**
 * How the providers with code of their own sign, by name. Those under keys that only the provider serves are not here:
 * deliveries of Amazon SNS, PayPal, Plaid, Adobe and eBay can only be verified.
 */
export const codeSigners: ReadonlyMap<string, (draft: Draft, sample: Sample) => Signing> = new Map([
  ['contentful', signContentful],
  ['plivo-v3', signPlivo],
  ['adyen-payments', signAdyen],
]);

function signContentful(draft: Draft, sample: Sample): Signing {
  const topic = draft.headers['x-contentful-topic'] === undefined ? [] : ['x-contentful-topic'];
  const list = ['content-type', 'x-contentful-signed-headers', 'x-contentful-timestamp', ...topic];
  draft.setTime({ in: header('x-contentful-timestamp'), unit: 'ms' });
  draft.headers['x-contentful-signed-headers'] = list.join(',');
  const time = draft.headers['x-contentful-timestamp'] ?? '';
  const bytes = contentBytes(canonicalRequest(draft.attempt(), list, time));
  draft.headers['x-contentful-signature'] = createHmac('sha256', sample.secret).update(bytes).digest('hex');
  return draft.request();
}

function signPlivo(draft: Draft, sample: Sample): Signing {
  const nonce = sample.id ?? '05429567804466091622';
  const signature = createHmac('sha256', sample.secret).update(`${signedUrl(draft.attempt())}.${nonce}`);
  draft.headers['x-plivo-signature-v3-nonce'] = nonce;
  draft.headers['x-plivo-signature-v3'] = signature.digest('base64');
  return draft.request();
}

function signAdyen(draft: Draft, sample: Sample): Signing {
  const key = decodeSecrets([sample.secret], { key: 'hex' }, []).keys[0];
  if (!key) return { unsignable: 'the secret is no hexadecimal key' };
  const parsed = parseJson(draft.body);
  const items = 'value' in parsed ? atPointer(parsed.value, ['notificationItems']) : undefined;
  if (!Array.isArray(items)) return { unsignable: 'the sample has no notificationItems' };
  for (const [index, entry] of (items as readonly unknown[]).entries()) {
    const text = signedText(atPointer(entry, ['NotificationRequestItem']));
    const at: Pointer = `/notificationItems/${String(index)}/NotificationRequestItem/additionalData/hmacSignature`;
    draft.set(json(at), createHmac('sha256', key.key).update(text).digest('base64'));
  }
  return draft.request();
}
