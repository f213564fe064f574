import { createHmac, hash } from 'node:crypto';
import type { Content } from './attempt.ts';
import type { Key } from './key.ts';
import type { Encoding } from './text.ts';

export type Hash = 'sha1' | 'sha256' | 'sha512';

/** The key, padded to the hash's block and combined with the two constants of RFC 2104: all of HMAC that is the key's. */
export interface Pads {
  readonly algorithm: Hash;
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** Content up to this many bytes is hashed in one call each for the two passes. */
const SHORT = 32 * 1024;

const BLOCK: Readonly<Record<Hash, number>> = { sha1: 64, sha256: 64, sha512: 128 };
const SIZE: Readonly<Record<Hash, number>> = { sha1: 20, sha256: 32, sha512: 64 };

/** Filled anew by every call and read before it returns; nothing here waits in between. */
const innerInput = Buffer.alloc(128 + SHORT);
const outerInput: Readonly<Record<Hash, Buffer>> = {
  sha1: Buffer.alloc(BLOCK.sha1 + SIZE.sha1),
  sha256: Buffer.alloc(BLOCK.sha256 + SIZE.sha256),
  sha512: Buffer.alloc(BLOCK.sha512 + SIZE.sha512),
};

/**
 * HMAC (RFC 2104) as text. Setting up Node's Hmac costs more than hashing 4 KiB, so a short content goes through two
 * one-shot hashes instead; a test holds both ways against each other.
 */
export function hmac(algorithm: Hash, key: Key, content: Content, encoding: Encoding): string {
  // No secret decodes to nothing, so this is a public key where a secret should be; under no key anybody signs.
  if (key.bytes.length === 0) throw new Error('HMAC without a secret key');
  if (longestLength(content) > SHORT) {
    const mac = createHmac(algorithm, key.key);
    for (const piece of content) mac.update(piece);
    return mac.digest(encoding);
  }
  const pads = key.pads?.algorithm === algorithm ? key.pads : (key.pads = padsOf(algorithm, key.bytes));
  innerInput.set(pads.inner);
  let end = pads.inner.length;
  for (const piece of content) {
    if (typeof piece === 'string') {
      end += innerInput.write(piece, end, 'utf8');
    } else {
      innerInput.set(piece, end);
      end += piece.length;
    }
  }
  const outer = outerInput[algorithm];
  outer.set(pads.outer);
  outer.write(hash(algorithm, innerInput.subarray(0, end), 'binary'), pads.outer.length, 'latin1');
  return hash(algorithm, outer, encoding);
}

/** No character of a text takes more than three bytes for each of its UTF-16 units. */
function longestLength(content: Content): number {
  let length = 0;
  for (const piece of content) length += typeof piece === 'string' ? piece.length * 3 : piece.length;
  return length;
}

function padsOf(algorithm: Hash, secret: Buffer): Pads {
  const block = BLOCK[algorithm];
  const key = secret.length > block ? hash(algorithm, secret, 'buffer') : secret;
  const inner = Buffer.alloc(block, 0x36);
  const outer = Buffer.alloc(block, 0x5c);
  for (const [at, byte] of key.entries()) {
    inner[at] = 0x36 ^ byte;
    outer[at] = 0x5c ^ byte;
  }
  return { algorithm, inner, outer };
}
