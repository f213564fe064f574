import type { Attempt, Content } from '../core/scheme/attempt.ts';
import { plain } from '../core/scheme/grammar.ts';
import { atPointer, scalarText } from '../core/scheme/json.ts';
import { hexKey } from '../core/scheme/key.ts';
import type { SecretSet } from '../core/scheme/key.ts';
import { joined, json } from '../core/scheme/part.ts';
import { type Proof, provider, type SignatureScheme } from '../core/scheme/provider.ts';
import { matchingKey, rightLength } from '../core/scheme/mac.ts';

const ITEM = '/notificationItems/0/NotificationRequestItem';

/** What is signed of each item, joined by colons; an absent field is an empty text. */
const SIGNED: readonly (readonly string[])[] = [
  ['pspReference'],
  ['originalReference'],
  ['merchantAccountCode'],
  ['merchantReference'],
  ['amount', 'value'],
  ['amount', 'currency'],
  ['eventCode'],
  ['success'],
];

const SCHEME: SignatureScheme = {
  algorithm: 'hmac-sha256',
  key: hexKey,
  content: [json(`${ITEM}/pspReference`)],
  signature: { in: json(`${ITEM}/additionalData/hmacSignature`), grammar: plain(), encoding: 'base64' },
};

/** More items than Adyen sends in one request. */
const MAX_ITEMS = 100;

/** A signature in each item of the list, over eight of its fields. All must hold under the same key. */
export const adyenPayments = provider({
  name: 'adyen-payments',
  title: 'Adyen payments',
  scheme: {
    algorithm: 'code',
    key: hexKey,
    describes: 'HMAC-SHA256 over eight fields of every item, which all must hold',
    covers: SIGNED.map((path) => json(`${ITEM}/${path.join('/')}`)),
    reads: [],
    prove: proveItems,
    describe: (attempt) =>
      itemsOf(attempt).map((item) => ({
        content: [signedText(item)],
        received: scalarText(atPointer(item, ['additionalData', 'hmacSignature'])) ?? '',
        by: SCHEME,
      })),
  },
  id: [joined(json(`${ITEM}/pspReference`), ':', json(`${ITEM}/eventCode`), ':', json(`${ITEM}/success`))],
  type: [json(`${ITEM}/eventCode`)],
  orderKey: [json(`${ITEM}/merchantAccountCode`)],
  dedupe: 'content',
  redelivers: true,
  timeoutSeconds: 10,
  acknowledge: { status: 200, body: '[accepted]' },
  unsigned: { body: 'eight fields of each item are signed, everything else in it is not' },
  sources: [
    'npm @adyen/api-library (HmacValidator)',
    'https://hookdeck.com/webhooks/platforms/how-to-solve-adyen-webhook-timeout-errors',
  ],
  unchecked: ['that it still looks for [accepted]'],
});

function itemsOf(attempt: Attempt): readonly unknown[] {
  const parsed = attempt.json();
  const items = 'value' in parsed ? atPointer(parsed.value, ['notificationItems']) : undefined;
  return Array.isArray(items) ? items.map((entry: unknown) => atPointer(entry, ['NotificationRequestItem'])) : [];
}

function proveItems(attempt: Attempt, secrets: SecretSet): Proof {
  const items = itemsOf(attempt);
  if (items.length === 0) return 'missing-signature';
  if (items.length > MAX_ITEMS) return 'malformed-signature';
  if (secrets.keys.length === 0) return 'no-usable-secret';
  const contents: Content[] = [];
  const indexes = new Set<number>();
  for (const item of items) {
    const text = atPointer(item, ['additionalData', 'hmacSignature']);
    if (typeof text !== 'string' || text === '') return 'missing-signature';
    const signatures = rightLength(SCHEME, [text]);
    if (signatures.length === 0) return 'malformed-signature';
    const content = [signedText(item)];
    const index = matchingKey(SCHEME, content, signatures, secrets.keys);
    if (index === undefined) return 'wrong-secret-or-changed-body';
    contents.push(content);
    indexes.add(index);
  }
  return { secretIndex: Math.min(...indexes), content: contents.flat() };
}

export function signedText(item: unknown): string {
  return SIGNED.map((path) => scalarText(atPointer(item, path)) ?? '').join(':');
}
