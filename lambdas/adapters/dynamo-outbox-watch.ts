import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { INDEX, META, WATCH_KEY } from '../core/table.ts';
import { outboxShard } from './record-item.ts';

/** Puts what nobody claimed into the outbox, where a provider tries once and the sweeper has to. */
export interface OutboxWatch {
  /** Looks once at everything that these sources received, when it is old enough. Returns how many it put there. */
  enrol(sources: readonly string[], now: number): Promise<number>;
}

/** A verifier that was killed before it sent ran for 30 s at most; the index is behind by less than a second, mostly. */
const OLD_ENOUGH_MS = 75_000;
/** Looked at again each time: what the index was late with. */
const OVERLAP_MS = 180_000;
/** Where nothing was looked at yet. */
const BEGINS_MS = 24 * 60 * 60_000;
/** Of one source in one run; what is beyond is for the next. */
const MOST_PER_RUN = 10_000;
/** DynamoDB's limit for one BatchGetItem. */
const KEYS_AT_ONCE = 100;

type Key = Record<string, AttributeValue>;

/**
 * A record that is to be watched has its time, `outboxAt`, from the first, but stands in the outbox's index only when it
 * was not claimed by then: entry and removal would be two write units of every event, a look is a fraction of a read.
 */
export function dynamoOutboxWatch(client: DynamoDBClient, tableName: string): OutboxWatch {
  async function lookedTo(source: string, now: number): Promise<number> {
    const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key: marshall(WATCH_KEY) }));
    return Number(Item?.[source]?.N ?? now - BEGINS_MS);
  }

  /** A run that was slow never takes back what a later one has noted. */
  async function note(source: string, to: number): Promise<void> {
    try {
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: marshall(WATCH_KEY),
          UpdateExpression: 'SET #source = :to',
          ConditionExpression: 'attribute_not_exists(#source) OR #source < :to',
          ExpressionAttributeNames: { '#source': source },
          ExpressionAttributeValues: marshall({ ':to': to }),
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async function unclaimedOf(keys: readonly Key[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
      let Keys: Key[] | undefined = keys.slice(start, start + KEYS_AT_ONCE);
      while (Keys && Keys.length > 0) {
        const { Responses, UnprocessedKeys }: BatchGetItemCommandOutput = await client.send(
          new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys } } }),
        );
        for (const { pk, status, outbox, outboxAt } of Responses?.[tableName] ?? [])
          if (pk?.S !== undefined && status?.S === 'RECEIVED' && outboxAt && !outbox) found.push(pk.S);
        Keys = UnprocessedKeys?.[tableName]?.Keys;
      }
    }
    return found;
  }

  /** False: it was claimed meanwhile, or another run was faster. */
  async function enrolOne(pk: string): Promise<boolean> {
    try {
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: marshall({ pk, sk: META }),
          UpdateExpression: 'SET #shard = :shard',
          ConditionExpression: '#status = :received AND attribute_exists(outboxAt) AND attribute_not_exists(#shard)',
          ExpressionAttributeNames: { '#status': 'status', '#shard': INDEX.outbox.partitionKey },
          ExpressionAttributeValues: marshall({ ':received': 'RECEIVED', ':shard': outboxShard(pk) }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async function enrolOf(source: string, now: number): Promise<number> {
    const to = now - OLD_ENOUGH_MS;
    const from = Math.min(to, (await lookedTo(source, now)) - OVERLAP_MS);
    let enrolled = 0;
    let looked = 0;
    let next: Key | undefined;
    do {
      const page: QueryCommandOutput = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: INDEX.events.name,
          KeyConditionExpression: '#source = :source AND receivedAt BETWEEN :from AND :to',
          ExpressionAttributeNames: { '#source': INDEX.events.partitionKey },
          ExpressionAttributeValues: marshall({ ':source': source, ':from': from, ':to': to }),
          ...(next && { ExclusiveStartKey: next }),
        }),
      );
      const items = page.Items ?? [];
      const unclaimed = await unclaimedOf(items.flatMap(({ pk, sk }) => (pk && sk ? [{ pk, sk }] : [])));
      for (const pk of unclaimed) if (await enrolOne(pk)) enrolled++;
      looked += items.length;
      next = page.LastEvaluatedKey;
      // Only when all of it is in the outbox: whoever dies before looks at it again.
      await note(source, next ? Number(items.at(-1)?.receivedAt?.N ?? from) : to);
    } while (next && looked < MOST_PER_RUN);
    return enrolled;
  }

  return {
    async enrol(sources, now) {
      const counts = await Promise.all(sources.map((source) => enrolOf(source, now)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}
