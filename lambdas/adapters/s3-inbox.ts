import type * as S3 from '@aws-sdk/client-s3';
import { type Inbox, INBOX_PREFIX } from '../core/inbox/inbox.ts';

/** Two requests at the same time are told so by the one, a later one by the other. */
const TAKEN: ReadonlySet<string> = new Set(['PreconditionFailed', 'ConditionalRequestConflict']);

/**
 * Rejected deliveries as objects under a prefix of the payloads' bucket, with a rule of their own for how long.
 *
 * `If-None-Match: *` lets S3 decide who is first: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * The client is loaded when it is needed, which in a verifier is seldom.
 *
 * @param options of the client
 */
export function s3Inbox(bucket: string, options: S3.S3ClientConfig): Inbox {
  let loaded: Promise<{ sdk: typeof S3; client: S3.S3Client }> | undefined;
  const load = () =>
    (loaded ??= import('@aws-sdk/client-s3').then((sdk) => ({ sdk, client: new sdk.S3Client(options) })));
  const keyOf = (source: string, id: string) => `${INBOX_PREFIX}${source}/${id}`;
  return {
    async keep(source, id, bytes) {
      const { sdk, client } = await load();
      const object = { Bucket: bucket, Key: keyOf(source, id), Body: bytes, IfNoneMatch: '*' };
      try {
        await client.send(new sdk.PutObjectCommand(object));
        return true;
      } catch (error) {
        if (error instanceof sdk.S3ServiceException && TAKEN.has(error.name)) return false;
        throw error;
      }
    },
    async list(source, after, most) {
      const { sdk, client } = await load();
      const prefix = keyOf(source, '');
      const { Contents = [] } = await client.send(
        new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, StartAfter: prefix + after, MaxKeys: most }),
      );
      return Contents.map(({ Key = '', Size = 0 }) => ({ id: Key.slice(prefix.length), bytes: Size }));
    },
    async read(source, id) {
      const { sdk, client } = await load();
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: keyOf(source, id) }));
        return Body && Buffer.from(await Body.transformToByteArray());
      } catch (error) {
        if (error instanceof sdk.NoSuchKey) return undefined;
        throw error;
      }
    },
    async remove(source, id) {
      const { sdk, client } = await load();
      await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: keyOf(source, id) }));
    },
  };
}

/** For the verifier: somebody waits for a refusal. */
export const ONE_SHORT_TRY = {
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true },
} as const;
