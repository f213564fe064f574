import type * as S3 from '@aws-sdk/client-s3';
import type { Blobs } from './dynamodb/body-rows.ts';
import { clientOptions } from './clients.ts';

/**
 * Large payloads in S3. The client is loaded at the first of them: few functions ever meet one, and its code would
 * add to every cold start.
 */
export function s3Blobs(bucket: string): Blobs {
  let loaded: Promise<{ sdk: typeof S3; client: S3.S3Client }> | undefined;
  const load = () =>
    (loaded ??= import('@aws-sdk/client-s3').then((sdk) => ({ sdk, client: new sdk.S3Client(clientOptions) })));
  return {
    async put(name, bytes) {
      const { sdk, client } = await load();
      await client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: name, Body: bytes }));
    },
    async get(name) {
      const { sdk, client } = await load();
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: name }));
        return Body && Buffer.from(await Body.transformToByteArray());
      } catch (error) {
        if (error instanceof sdk.NoSuchKey) return undefined;
        throw error;
      }
    },
  };
}
