import type { Need } from '../decide.ts';
import type { Guard } from '../guard.ts';
import { keyNeeds } from './key.ts';

/** A request as S3 takes it with the bucket in its path. */
export interface ObjectRequest {
  readonly method: string;
  readonly bucket: string;
  /** Empty for a request about the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  /** `x-amz-copy-source`: where a copy comes from. */
  readonly copySource?: string | undefined;
  /** Whether there is such an object. */
  readonly exists: boolean;
}

/**
 * The permissions that a request of S3 needs; undefined for one that this host can't tell them of.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
export function s3Needs(request: ObjectRequest, guard: Guard): readonly Need[] | undefined {
  const { method, bucket, key, query, exists } = request;
  const bucketArn = `arn:aws:s3:::${bucket}`;
  const resource = `${bucketArn}/${key}`;
  const listing: Need = { action: 's3:ListBucket', resource: bucketArn };
  const known = ['list-type', 'prefix', 'delimiter', 'max-keys', 'continuation-token', 'start-after', 'encoding-type'];
  if (key === '') {
    const lists = method === 'HEAD' || (method === 'GET' && [...query.keys()].every((name) => known.includes(name)));
    return lists ? [listing] : undefined;
  }
  // A part of the query is a request of another kind (`?acl`, `?tagging`); `x-id` is only the SDK's name of the call.
  const kinds = [...query.keys()].filter((name) => name !== 'x-id');
  if (kinds.length > 0 || request.copySource !== undefined) return undefined;
  switch (method) {
    case 'GET':
    case 'HEAD':
      return [
        { action: 's3:GetObject', resource },
        // Whoever may not list learns nothing of an object that is not there, not even that:
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_Permissions
        ...(exists ? keyNeeds(guard, bucketArn, 's3', ['kms:Decrypt']) : [listing]),
      ];
    case 'PUT':
      return [{ action: 's3:PutObject', resource }, ...keyNeeds(guard, bucketArn, 's3', ['kms:GenerateDataKey'])];
    case 'DELETE':
      return [{ action: 's3:DeleteObject', resource }];
    default:
      return undefined;
  }
}
