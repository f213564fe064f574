import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

/** A row of the table of records that is one document, replaced as a whole under its revision. */
export function jsonRow<T extends { readonly revision: number }>(
  client: DynamoDBClient,
  tableName: string,
  key: { readonly pk: string; readonly sk: string },
) {
  const row: { readonly TableName: string; readonly Key: Record<string, AttributeValue> } = {
    TableName: tableName,
    Key: marshall(key),
  };
  return {
    async read(): Promise<T | undefined> {
      const { Item } = await client.send(new GetItemCommand({ ...row, ConsistentRead: true }));
      return Item && (JSON.parse((unmarshall(Item) as { document: string }).document) as T);
    },
    /** False: somebody else has changed it since it was seen. */
    async change(seen: T, next: T): Promise<boolean> {
      try {
        await client.send(
          new UpdateItemCommand({
            ...row,
            UpdateExpression: 'SET #document = :next, revision = :revision',
            ConditionExpression: seen.revision === 0 ? 'attribute_not_exists(revision)' : 'revision = :seen',
            ExpressionAttributeNames: { '#document': 'document' },
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
