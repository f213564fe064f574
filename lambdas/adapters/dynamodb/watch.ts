import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Watch } from '../../core/ports.ts';
import { isKnownVersion } from '../../core/record.ts';
import { INDEX, META, WATCH_KEY } from '../../core/table.ts';
import { receivedPages } from './received-pages.ts';
import { KNOWN_VERSION, outboxShard } from './record-item.ts';

/** DynamoDB's limit for one BatchGetItem. */
const KEYS_AT_ONCE = 100;

/** Of a record: the rest of it would only be carried. */
const WHAT_TELLS = {
  ProjectionExpression: 'pk, v, #status, #shard, outboxAt',
  ExpressionAttributeNames: { '#status': 'status', '#shard': INDEX.outbox.partitionKey },
};

type Key = Record<string, AttributeValue>;

/**
 * A record that is to be watched has its time, `outboxAt`, from the first, but stands in the outbox's index only when it
 * was not claimed by then: entry and removal would be two write units of every event, a look is a fraction of a read.
 */
export function dynamoWatch(client: DynamoDBClient, tableName: string): Watch {
  async function unclaimedOf(keys: readonly Key[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
      let Keys: Key[] | undefined = keys.slice(start, start + KEYS_AT_ONCE);
      while (Keys && Keys.length > 0) {
        const { Responses, UnprocessedKeys }: BatchGetItemCommandOutput = await client.send(
          new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys, ...WHAT_TELLS } } }),
        );
        for (const { pk, v, status, outbox, outboxAt } of Responses?.[tableName] ?? []) {
          const waits = status?.S === 'RECEIVED' && isKnownVersion(Number(v?.N)) && outboxAt && !outbox;
          if (pk?.S !== undefined && waits) found.push(pk.S);
        }
        Keys = UnprocessedKeys?.[tableName]?.Keys;
      }
    }
    return found;
  }

  /** False: its condition did not hold. */
  async function update(command: UpdateItemCommand): Promise<boolean> {
    try {
      await client.send(command);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  return {
    async lookedTo(source) {
      const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key: marshall(WATCH_KEY) }));
      const to = Item?.[source]?.N;
      return to === undefined ? undefined : Number(to);
    },

    async note(source, to) {
      await update(
        new UpdateItemCommand({
          TableName: tableName,
          Key: marshall(WATCH_KEY),
          UpdateExpression: 'SET #source = :to',
          ConditionExpression: 'attribute_not_exists(#source) OR #source < :to',
          ExpressionAttributeNames: { '#source': source },
          ExpressionAttributeValues: marshall({ ':to': to }),
        }),
      );
    },

    async *pages(source, from, to) {
      const pages = receivedPages(client, tableName, { index: INDEX.events, key: source }, { from, to });
      for await (const { Items = [], LastEvaluatedKey } of pages) {
        yield {
          unclaimed: await unclaimedOf(Items.flatMap(({ pk, sk }) => (pk && sk ? [{ pk, sk }] : []))),
          end: LastEvaluatedKey ? Number(Items.at(-1)?.receivedAt?.N ?? from) : to,
        };
      }
    },

    enrol: (pk) =>
      update(
        new UpdateItemCommand({
          TableName: tableName,
          Key: marshall({ pk, sk: META }),
          UpdateExpression: 'SET #shard = :shard',
          ConditionExpression:
            `${KNOWN_VERSION.condition} AND #status = :received` +
            ' AND attribute_exists(outboxAt) AND attribute_not_exists(#shard)',
          ExpressionAttributeNames: { '#status': 'status', '#shard': INDEX.outbox.partitionKey },
          ExpressionAttributeValues: marshall({
            ...KNOWN_VERSION.values,
            ':received': 'RECEIVED',
            ':shard': outboxShard(pk),
          }),
        }),
      ),
  };
}
