import {
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Store } from '../../core/ports.ts';
import { bodyKey } from '../../core/record.ts';
import type { ListBy } from '../../core/table.ts';
import { bodyRowKey } from './body-rows.ts';
import { KNOWN_VERSION, toItem } from './record-item.ts';

/** One transaction, and no read: whoever receives webhooks may write payloads and not read them. */
export function replaceUnkept(
  client: DynamoDBClient,
  tableName: string,
  listBy: readonly ListBy[],
): Store['replaceUnkept'] {
  return async (seen, record) => {
    const put: TransactWriteItem = {
      Put: {
        TableName: tableName,
        Item: toItem(record, listBy),
        ConditionExpression: `${KNOWN_VERSION.condition} AND #status = :received AND attempt = :none AND bodySha256 = :sha`,
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: marshall({
          ...KNOWN_VERSION.values,
          ':received': 'RECEIVED',
          ':none': 0,
          ':sha': seen.bodySha256,
        }),
      },
    };
    const isUnkept: TransactWriteItem = {
      ConditionCheck: {
        TableName: tableName,
        Key: bodyRowKey(bodyKey(seen), seen.bodySha256),
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    };
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems: [put, isUnkept] }));
      return 'replaced';
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const [own, payload] = error.CancellationReasons ?? [];
      if (payload?.Code === 'ConditionalCheckFailed') return 'kept';
      if (own?.Code === 'ConditionalCheckFailed') return 'moved-on';
      throw error;
    }
  };
}
