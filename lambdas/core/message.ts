import { isKnownVersion, RECORD_VERSION } from './record.ts';

/** What a queue carries of an event: where to find it. The payload stays in the table. */
export interface Message {
  readonly v: number;
  readonly pk: string;
  readonly epoch: number;
  readonly bodySha256: string;
  /** Partition of the payload, where it is not the record's own. Whatever stands there, its hash must be the record's. */
  readonly bodyAt?: string;
}

export function encodeMessage(message: Omit<Message, 'v'>): string {
  return JSON.stringify({ v: RECORD_VERSION, ...message });
}

/** What DynamoDB takes for a partition key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const LONGEST_KEY_BYTES = 2_048;

/** Reads a message, or says why it is not one of ours: anybody with the permission can write to a queue. */
export function decodeMessage(text: string): Message | { readonly malformed: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { malformed: 'not-json' };
  }
  if (typeof value !== 'object' || value === null) return { malformed: 'not-an-object' };
  const { v, pk, epoch, bodySha256, bodyAt } = value as Record<string, unknown>;
  if (typeof v !== 'number' || !isKnownVersion(v)) return { malformed: 'unknown-version' };
  if (typeof pk !== 'string' || typeof epoch !== 'number' || typeof bodySha256 !== 'string') {
    return { malformed: 'missing-field' };
  }
  // The table would refuse to be asked for these, which is no answer of it about the message.
  if (!isKey(pk) || (bodyAt !== undefined && !isKey(bodyAt))) return { malformed: 'malformed-key' };
  if (!Number.isSafeInteger(epoch) || epoch < 0) return { malformed: 'malformed-epoch' };
  if (!/^[0-9a-f]{64}$/.test(bodySha256)) return { malformed: 'malformed-hash' };
  return { v, pk, epoch, bodySha256, ...(bodyAt !== undefined && { bodyAt }) };
}

/** `<source>#<key>`. */
function isKey(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z0-9-]+#/.test(value) && Buffer.byteLength(value) <= LONGEST_KEY_BYTES;
}
