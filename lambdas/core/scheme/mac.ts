import { createHash, timingSafeEqual, verify as verifySignature } from 'node:crypto';
import { type Content, contentBytes } from './attempt.ts';
import { type Hash, hmac } from './hmac.ts';
import type { Key } from './key.ts';
import type { Part } from './part.ts';
import type { SignatureAlgorithm, SignatureScheme } from './provider.ts';
import { decodeStrict, type Encoding } from './text.ts';

const HASHES: Readonly<Partial<Record<SignatureAlgorithm, Hash>>> = {
  'hmac-sha1': 'sha1',
  'hmac-sha256': 'sha256',
  'hmac-sha512': 'sha512',
  sha1: 'sha1',
  sha256: 'sha256',
};

/** Characters of a digest of each length, padding included. */
const TEXT_LENGTHS: Readonly<Record<Encoding, Readonly<Record<Hash, number>>>> = {
  hex: { sha1: 40, sha256: 64, sha512: 128 },
  base64: { sha1: 28, sha256: 44, sha512: 88 },
  base64url: { sha1: 27, sha256: 43, sha512: 86 },
};

/** RSA with 8192 bits has 1024 bytes; no longer text is looked at. */
const MAX_SIGNATURE_TEXT = 2048;

/**
 * The candidates that can be a signature of this scheme by their length. For digests that is enough before the
 * computation, because texts are compared: one with a foreign character equals no digest.
 */
export function rightLength(scheme: SignatureScheme, candidates: readonly string[]): readonly string[] {
  const hash = HASHES[scheme.algorithm];
  const length = hash && TEXT_LENGTHS[scheme.signature.encoding][hash];
  for (const { length: given } of candidates) {
    if (length === undefined ? given > MAX_SIGNATURE_TEXT : given !== length) {
      return candidates.filter((text) =>
        length === undefined ? text.length <= MAX_SIGNATURE_TEXT : text.length === length,
      );
    }
  }
  return candidates;
}

const ALPHABETS: Readonly<Record<Encoding, RegExp>> = {
  hex: /^[0-9A-Fa-f]+$/,
  base64: /^[A-Za-z0-9+/]+={0,2}$/,
  base64url: /^[A-Za-z0-9_-]+$/,
};

/** Whether any candidate is written as the scheme writes signatures: tells junk from a signature that is not ours. */
export function anyWellFormed(scheme: SignatureScheme, candidates: readonly string[]): boolean {
  const { encoding } = scheme.signature;
  const alphabet = ALPHABETS[encoding];
  for (const text of candidates) {
    if (scheme.algorithm === 'ed25519' ? decodeStrict(text, encoding, 64) !== undefined : alphabet.test(text))
      return true;
  }
  return false;
}

/** The first key under which one of the signatures holds. One computation per key, however many signatures came. */
export function matchingKey(
  scheme: SignatureScheme,
  content: Content,
  signatures: readonly string[],
  keys: readonly Key[],
): number | undefined {
  for (const key of keys) {
    if (holds(scheme, content, signatures, key)) return key.index;
  }
  return undefined;
}

function holds(scheme: SignatureScheme, content: Content, signatures: readonly string[], key: Key): boolean {
  const { encoding } = scheme.signature;
  const expected = expectedSignature(scheme, content, key);
  if (expected !== undefined) return anyEqual(expected, signatures, encoding);
  return anyVerifies(scheme.algorithm === 'ed25519' ? null : 'sha256', content, signatures, encoding, key);
}

/** What the key signs, as the scheme writes it; nothing for public keys, which only verify. */
export function expectedSignature(scheme: SignatureScheme, content: Content, key: Key): string | undefined {
  const { encoding } = scheme.signature;
  switch (scheme.algorithm) {
    case 'hmac-sha1':
      return hmac('sha1', key, content, encoding);
    case 'hmac-sha256':
      return hmac('sha256', key, content, encoding);
    case 'hmac-sha512':
      return hmac('sha512', key, content, encoding);
    case 'sha1':
    case 'sha256':
      return digest(scheme.algorithm, scheme.content, content, key, encoding);
    case 'ed25519':
    case 'ecdsa-p256-sha256':
    case 'rsa-sha256':
      return undefined;
  }
}

/** The secret stands inside the hashed content, first or last. */
function digest(algorithm: Hash, parts: readonly Part[], content: Content, key: Key, encoding: Encoding): string {
  const first = parts[0];
  const leads = typeof first === 'object' && first.slot === 'secret';
  const hash = createHash(algorithm);
  if (leads) hash.update(key.bytes);
  for (const piece of content) hash.update(piece);
  if (!leads) hash.update(key.bytes);
  return hash.digest(encoding);
}

/** Reused for every comparison, by length: allocating two Buffers takes as long as hashing a short body. */
const SCRATCH = new Map<number, readonly [Buffer, Buffer]>();

/**
 * Compares texts, not decoded bytes: one text per digest, so that nothing sloppy is accepted. Both sides have the same
 * length, and the comparison takes the same time wherever they differ. Hexadecimal digits count in either case;
 * ONLYOFFICE and Authorize.Net write capitals.
 */
function anyEqual(expected: string, signatures: readonly string[], encoding: Encoding): boolean {
  let scratch = SCRATCH.get(expected.length);
  if (!scratch)
    SCRATCH.set(expected.length, (scratch = [Buffer.alloc(expected.length), Buffer.alloc(expected.length)]));
  const [ours, theirs] = scratch;
  ours.write(expected, 'latin1');
  for (const signature of signatures) {
    theirs.write(signature, 'latin1');
    if (timingSafeEqual(ours, theirs)) return true;
    const lower = encoding === 'hex' ? signature.toLowerCase() : signature;
    if (lower === signature) continue;
    theirs.write(lower, 'latin1');
    if (timingSafeEqual(ours, theirs)) return true;
  }
  return false;
}

function anyVerifies(
  algorithm: 'sha256' | null,
  content: Content,
  signatures: readonly string[],
  encoding: Encoding,
  key: Key,
): boolean {
  const bytes = contentBytes(content);
  const length = algorithm === null ? 64 : undefined;
  return signatures.some((text) => {
    const signature = decodeStrict(text, encoding, length);
    return signature !== undefined && verifySignature(algorithm, bytes, key.key, signature);
  });
}
