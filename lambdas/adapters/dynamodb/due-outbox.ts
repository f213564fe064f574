import { type AttributeValue, type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Store } from '../../core/ports.ts';
import { INDEX, OUTBOX_SHARDS } from '../../core/table.ts';
import { KNOWN_VERSION, toRecord } from './record-item.ts';

/** What is due of the outbox, of all shards, as fairly as their hashes. */
export function dueOutbox(client: DynamoDBClient, tableName: string): Store['dueOutbox'] {
  /** A page that is full of what a newer version wrote must not hide what is behind it. */
  async function dueOf(shard: number, until: number, limit: number): Promise<Record<string, AttributeValue>[]> {
    const due: Record<string, AttributeValue>[] = [];
    const pages = paginateQuery(
      { client, pageSize: limit },
      {
        TableName: tableName,
        IndexName: INDEX.outbox.name,
        KeyConditionExpression: 'outbox = :shard AND outboxAt <= :until',
        FilterExpression: KNOWN_VERSION.condition,
        ExpressionAttributeValues: marshall({ ...KNOWN_VERSION.values, ':shard': String(shard), ':until': until }),
      },
    );
    for await (const { Items = [] } of pages) {
      due.push(...Items);
      if (due.length >= limit) break;
    }
    return due.slice(0, limit);
  }

  return async (until, limit) => {
    const ofShard = Math.ceil(limit / OUTBOX_SHARDS);
    const shards = await Promise.all(Array.from({ length: OUTBOX_SHARDS }, (_, shard) => dueOf(shard, until, ofShard)));
    return shards
      .flat()
      .map(toRecord)
      .sort((a, b) => (a.outboxAt ?? 0) - (b.outboxAt ?? 0));
  };
}
