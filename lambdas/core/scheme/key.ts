import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { Pads } from './hmac.ts';
import { decodeStrict } from './text.ts';

/** How the text an operator stores becomes a key. Declared, never guessed: `whsec_` alone means three things. */
export type KeyEncoding =
  /** The text's own bytes, prefix and all. */
  | { readonly key: 'utf8'; readonly normalize?: 'NFKD' }
  | { readonly key: 'base64'; readonly prefix?: string }
  | { readonly key: 'hex' }
  /** SHA-1 of the text's bytes. */
  | { readonly key: 'sha1' }
  /** A raw Ed25519 public key. */
  | { readonly key: 'ed25519'; readonly text: 'hex' | 'base64'; readonly prefix?: string }
  /** A public key or certificate, PEM or the base64 of its SPKI DER. */
  | { readonly key: 'public'; readonly type: 'rsa' | 'ec' }
  /** Keys come from the provider through the key port; the stored text holds settings only. */
  | { readonly key: 'fetched' };

export const utf8 = { key: 'utf8' } as const satisfies KeyEncoding;
export const hexKey = { key: 'hex' } as const satisfies KeyEncoding;
export const base64Key = (prefix = ''): KeyEncoding => ({ key: 'base64', prefix });

/** One usable key and where in the given list it stood. */
export interface Key {
  readonly index: number;
  readonly key: KeyObject;
  /** The secret's bytes, for digests and tokens that are compared; empty for public keys. */
  readonly bytes: Buffer;
  /** What HMAC derives from the key, kept after its first use. */
  pads?: Pads;
}

/** A source's keys, decoded once. Unusable values are left out; the count tells. */
export interface SecretSet {
  readonly keys: readonly Key[];
  readonly usable: number;
  /** Labelled values that came with the secrets (`apiKey:…`), by label. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
}

/** More versions than a rotation has; each costs one computation per delivery. */
const MAX_KEYS = 16;

/** DER head of an Ed25519 public key; the 32 bytes follow. https://www.rfc-editor.org/rfc/rfc8410#section-4 */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Decodes the stored values. A provider that needs more than a key names its labels: then a value may have several
 * lines, and those that start with `label:` are settings. Without labels a value is a key to its last byte.
 */
export function decodeSecrets(
  values: readonly string[],
  encoding: KeyEncoding,
  labels: readonly string[],
  extra: ReadonlyMap<string, readonly string[]> = new Map(),
): SecretSet {
  const keys: Key[] = [];
  const settings = new Map<string, string[]>([...extra].map(([name, given]) => [name, [...given]]));
  for (const [index, value] of values.entries()) {
    for (const text of labels.length === 0 ? [value] : splitSettings(value, labels, settings)) {
      const key = keys.length < MAX_KEYS ? decodeKey(text, encoding, index) : undefined;
      if (key) keys.push(key);
    }
  }
  const usable = encoding.key === 'fetched' ? [...settings.values()].flat().length : keys.length;
  return { keys, usable, settings };
}

/** Bytes of a secret that we issue: more than SHA-256 puts out would add nothing. */
export const ISSUED_BYTES = 32;

/** Random bytes as the text of a new secret; undefined where a provider's secret is nothing that we could issue. */
export function writeKey(bytes: Buffer, encoding: KeyEncoding): string | undefined {
  switch (encoding.key) {
    case 'base64':
      return `${encoding.prefix ?? ''}${bytes.toString('base64')}`;
    case 'hex':
    case 'utf8':
    case 'sha1':
      return bytes.toString('hex');
    default:
      return undefined;
  }
}

/** Moves the labelled lines into the settings and returns what is left, if anything: all of it, where there is none. */
function splitSettings(value: string, labels: readonly string[], settings: Map<string, string[]>): readonly string[] {
  const lines = value.split('\n');
  const rest: string[] = [];
  for (const line of lines) {
    const label = labels.find((name) => line.startsWith(`${name}:`));
    if (label === undefined) {
      rest.push(line);
    } else {
      const text = line.slice(label.length + 1).trim();
      if (text !== '') settings.set(label, [...(settings.get(label) ?? []), text]);
    }
  }
  if (rest.length === lines.length) return [value];
  // The line ends around settings are not the key's.
  const text = rest.join('\n').replace(/^[\r\n]+|[\r\n]+$/g, '');
  return text === '' ? [] : [text];
}

function decodeKey(text: string, encoding: KeyEncoding, index: number): Key | undefined {
  switch (encoding.key) {
    case 'utf8':
      return secretKey(Buffer.from(encoding.normalize ? text.normalize(encoding.normalize) : text, 'utf8'), index);
    case 'base64': {
      const prefix = encoding.prefix ?? '';
      const rest = text.startsWith(prefix) ? text.slice(prefix.length) : text;
      return secretKey(decodeBase64Key(rest), index);
    }
    case 'hex':
      return secretKey(decodeStrict(text, 'hex'), index);
    case 'sha1':
      return text === '' ? undefined : secretKey(createHash('sha1').update(text).digest(), index);
    case 'ed25519': {
      const prefix = encoding.prefix ?? '';
      const rest = text.startsWith(prefix) ? text.slice(prefix.length) : text;
      const raw = decodeStrict(rest, encoding.text, 32);
      return raw && publicKey(Buffer.concat([ED25519_SPKI, raw]), 'ed25519', index);
    }
    case 'public': {
      const der = text.startsWith('-----BEGIN ') ? text : decodeStrict(text, 'base64');
      return der === undefined ? undefined : publicKey(der, encoding.type, index);
    }
    case 'fetched':
      return undefined;
  }
}

/** Keys are pasted with and without padding; everything else about them must be exact. */
function decodeBase64Key(text: string): Buffer | undefined {
  return decodeStrict(text.padEnd(Math.ceil(text.length / 4) * 4, '='), 'base64');
}

/** An empty key would let anybody sign; so would one of zeros, to which HMAC fills up each key. RFC 2104, section 2. */
function secretKey(bytes: Buffer | undefined, index: number): Key | undefined {
  if (bytes === undefined || bytes.every((byte) => byte === 0)) return undefined;
  return { index, key: createSecretKey(bytes), bytes };
}

function publicKey(source: string | Buffer, type: string, index: number): Key | undefined {
  try {
    const key = createPublicKey(typeof source === 'string' ? source : { key: source, format: 'der', type: 'spki' });
    return key.asymmetricKeyType === type ? { index, key, bytes: Buffer.alloc(0) } : undefined;
  } catch {
    return undefined;
  }
}
