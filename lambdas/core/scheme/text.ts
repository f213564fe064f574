/** How a signature is written. Decoding is strict: one text per value, so that no two headers mean the same bytes. */
export type Encoding = 'hex' | 'base64' | 'base64url';

/** Bytes of a text, or nothing when it is not exactly `length` bytes in that encoding (any length when left out). */
export function decodeStrict(text: string, encoding: Encoding, length?: number): Buffer | undefined {
  if (encoding === 'hex') {
    // Node's decoder stops at the first character that is no hex digit, so a full length means all of them were.
    if (text.length === 0 || text.length % 2 !== 0) return undefined;
    if (length !== undefined && text.length !== length * 2) return undefined;
    const bytes = Buffer.from(text, 'hex');
    return bytes.length * 2 === text.length ? bytes : undefined;
  }
  if (text.length === 0) return undefined;
  if (length !== undefined && text.length !== encodedLength(encoding, length)) return undefined;
  const bytes = Buffer.from(text, encoding);
  if (length !== undefined && bytes.length !== length) return undefined;
  return bytes.toString(encoding) === text ? bytes : undefined;
}

function encodedLength(encoding: 'base64' | 'base64url', length: number): number {
  return encoding === 'base64' ? Math.ceil(length / 3) * 4 : Math.ceil((length * 4) / 3);
}
