import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Body } from '../../core/ports.ts';
import { type ReadRow, readOneByOne, type RowKey } from './rows.ts';

/** Where payloads go that don't fit a row. */
export interface Blobs {
  put(name: string, bytes: Buffer): Promise<void>;
  /** Undefined when there is no such object. */
  get(name: string): Promise<Buffer | undefined>;
}

export interface BodyRows {
  put(pk: string, body: Body): Promise<void>;
  /** Undefined when it is gone; `corrupt` when its bytes are not those that were put. */
  get(pk: string, sha256: string): Promise<Buffer | 'corrupt' | undefined>;
}

/** A row ends at 400 KB; its other attributes and the key need little. */
export const LARGEST_ROW_GZIP_BYTES = 256 * 1024;
/** Nothing larger was ever let in: an inflated payload beyond this is not one of ours. */
const LARGEST_BODY_BYTES = 4 * 1024 * 1024;

/**
 * Payloads as `BODY#<sha256>` rows: gzip in the row, or in an object that the row names.
 *
 * @param readRow for who reads many at a time: `readTogether`
 */
export function bodyRows(
  client: DynamoDBClient,
  tableName: string,
  blobs: Blobs,
  readRow: ReadRow = readOneByOne(client, tableName),
): BodyRows {
  return {
    async put(pk, { sha256, record, bytes, expiresAt }) {
      const gzip = gzipSync(bytes);
      const large = gzip.length > LARGEST_ROW_GZIP_BYTES;
      const name = `${createHash('sha256').update(pk).digest('hex')}/${sha256}`;
      // The object first: a row never names an object that is not there.
      if (large) await blobs.put(name, gzip);
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: {
            ...bodyRowKey(pk, sha256),
            expiresAt: { N: String(expiresAt) },
            ...(record !== undefined && { record: { S: record } }),
            ...(large ? { object: { S: name } } : { gzip: { B: gzip } }),
          },
        }),
      );
    },

    async get(pk, sha256) {
      const row = await readRow(bodyRowKey(pk, sha256));
      const gzip = row?.object?.S !== undefined ? await blobs.get(row.object.S) : row?.gzip?.B;
      return gzip && inflate(gzip, sha256);
    },
  };
}

export function bodyRowKey(pk: string, sha256: string): RowKey {
  return { pk: { S: pk }, sk: { S: `BODY#${sha256}` } };
}

/** The payload of that hash, or `corrupt`: reading it again would bring the same bytes. */
function inflate(gzip: Uint8Array, sha256: string): Buffer | 'corrupt' {
  try {
    const bytes = gunzipSync(gzip, { maxOutputLength: LARGEST_BODY_BYTES });
    return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : 'corrupt';
  } catch {
    return 'corrupt';
  }
}
