import { generateKeyPairSync } from 'node:crypto';
import { type KeyEncoding } from '../lambdas/core/scheme/key.ts';
import { json, type Part, type Slot, slotsOf } from '../lambdas/core/scheme/part.ts';
import { type Provider } from '../lambdas/core/scheme/provider.ts';
import { Draft } from './draft.ts';

export interface SampleEvent {
  readonly body: Buffer;
  readonly id: string;
  readonly type: string;
}

const ID = 'evt_sample_1';
const TYPE = 'sample.created';

/** Bodies that no list of fields describes. */
const BODIES: Readonly<Record<string, string>> = {
  braintree: `bt_payload=${encodeURIComponent(
    Buffer.from('<notification>\n    <kind>sample_created</kind>\n</notification>\n').toString('base64'),
  )}`,
  'adyen-payments': JSON.stringify({
    live: 'false',
    notificationItems: [
      {
        NotificationRequestItem: {
          amount: { currency: 'EUR', value: 1000 },
          eventCode: 'AUTHORISATION',
          merchantAccountCode: 'SampleMerchant',
          merchantReference: 'order-1',
          pspReference: '7914073381342284',
          success: 'true',
        },
      },
    ],
  }),
};

/** An event of the provider, no larger than its declaration needs: every field that Hookgate reads is there. */
export function sampleEvent(provider: Provider): SampleEvent {
  const known = BODIES[provider.name];
  if (known !== undefined) return { body: Buffer.from(known), id: ID, type: TYPE };
  const fields = [firstField(provider.orderKey ?? []), firstField(provider.type), firstField(provider.id)];
  const isForm = [...fields, ...contentOf(provider)].flatMap(slotsOf).some(({ slot }) => slot === 'form');
  const draft = new Draft(provider, { body: Buffer.from(isForm ? 'sample=1' : ''), timestamp: 0, secret: '' });
  fill(draft, fields[0], 'order_sample_1');
  fill(draft, fields[1], TYPE);
  fill(draft, fields[2], ID);
  for (const part of contentOf(provider)) fill(draft, part, ID);
  fill(draft, fields[1], TYPE);
  if (draft.body.length === 0) draft.set(json('/sample'), ID);
  return { body: draft.body, id: ID, type: TYPE };
}

function contentOf({ scheme }: Provider): readonly Part[] {
  return 'content' in scheme ? scheme.content : [];
}

/** The place to fill: the first candidate that a body can hold. */
function firstField(parts: readonly Part[]): Part {
  return parts.find((part) => typeof part === 'object') ?? '';
}

/** Writes the value at every place of the body that the part names. */
function fill(draft: Draft, part: Part | undefined, value: string): void {
  const places = part === undefined ? [] : slotsOf(part).filter(isInBody);
  // What stands inside a place is written with it.
  const inner = new Set(places.flatMap((slot) => (slot.slot === 'jsonIn' ? [slot.of] : [])));
  for (const slot of places) if (!inner.has(slot)) draft.set(slot, value);
}

function isInBody({ slot }: Slot): boolean {
  return slot === 'json' || slot === 'form' || slot === 'jsonIn';
}

/** What signs, and what a source stores to verify it. They differ for public-key schemes only. */
export interface SampleKeys {
  readonly signing: string;
  readonly verifying: string;
}

/** Keys of the form that the provider gives out. Never for anything but samples. */
export function sampleKeys(provider: Provider): SampleKeys {
  const { scheme } = provider;
  const labels = Object.keys(provider.settings ?? {}).map((label) => `\n${label}:${sampleSetting(label)}`);
  if (scheme.algorithm === 'token' && scheme.token.basic) return shared('user:sample-password', labels);
  return keysFor(scheme.key, labels);
}

export function sampleSetting(label: string): string {
  return `sample-${label}`;
}

function shared(secret: string, labels: readonly string[]): SampleKeys {
  return { signing: secret, verifying: [secret, ...labels].join('') };
}

const BYTES = Buffer.from('hookgate sample key, 32 bytes ok');

function keysFor(encoding: KeyEncoding, labels: readonly string[]): SampleKeys {
  switch (encoding.key) {
    case 'base64':
      return shared(`${encoding.prefix ?? ''}${BYTES.toString('base64')}`, labels);
    case 'hex':
      return shared(BYTES.toString('hex'), labels);
    case 'ed25519': {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
      const verifying = `${encoding.prefix ?? ''}${raw.toString(encoding.text)}`;
      return { signing: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, verifying };
    }
    case 'public': {
      const { privateKey, publicKey } =
        encoding.type === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const signing = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
      return { signing, verifying: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') };
    }
    case 'utf8':
    case 'sha1':
    case 'fetched':
      return shared('sample-secret', labels);
  }
}
