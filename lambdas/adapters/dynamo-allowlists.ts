import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Allowlist } from '../core/allowlist.ts';
import type { Allowlists } from '../core/follow.ts';
import { allowlistKey } from '../core/table.ts';

/** The providers' published addresses, each a row of the table of records, replaced as a whole. */
export function dynamoAllowlists(client: DynamoDBClient, tableName: string): Allowlists {
  const keyOf = (provider: string) => ({ TableName: tableName, Key: marshall(allowlistKey(provider)) });
  return {
    async read(provider) {
      const { Item } = await client.send(new GetItemCommand({ ...keyOf(provider), ConsistentRead: true }));
      if (!Item) return undefined;
      const { allowlist } = unmarshall(Item) as { allowlist: string };
      return JSON.parse(allowlist) as Allowlist;
    },
    async change(provider, seen, next) {
      try {
        await client.send(
          new UpdateItemCommand({
            ...keyOf(provider),
            UpdateExpression: 'SET allowlist = :next, revision = :revision',
            ConditionExpression: seen.revision === 0 ? 'attribute_not_exists(revision)' : 'revision = :seen',
            ExpressionAttributeValues: marshall({
              ':next': JSON.stringify(next),
              ':revision': next.revision,
              ...(seen.revision !== 0 && { ':seen': seen.revision }),
            }),
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
