import { type DynamoDBClient, paginateQuery, type QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { INDEX } from '../../core/table.ts';

/** One partition of an index that is sorted by when its events were received. */
export interface Partition {
  readonly index: (typeof INDEX)['events' | 'statuses' | 'types'];
  readonly key: string;
}

/**
 * What a partition has of a time, both ends included (milliseconds since the epoch), page by page, oldest first.
 *
 * @param options `newestFirst`: the other way round, so many at a time
 */
export function receivedPages(
  client: DynamoDBClient,
  tableName: string,
  { index, key }: Partition,
  { from, to }: { readonly from: number; readonly to: number },
  { newestFirst }: { readonly newestFirst?: number } = {},
): AsyncIterable<QueryCommandOutput> {
  return paginateQuery(
    { client, ...(newestFirst !== undefined && { pageSize: newestFirst }) },
    {
      TableName: tableName,
      IndexName: index.name,
      KeyConditionExpression: '#partition = :key AND receivedAt BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#partition': index.partitionKey },
      ExpressionAttributeValues: marshall({ ':key': key, ':from': from, ':to': to }),
      ScanIndexForward: newestFirst === undefined,
    },
  );
}
