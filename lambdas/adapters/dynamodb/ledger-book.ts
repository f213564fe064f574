import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { LedgerBook, Minutes } from '../../core/ledger/ledger-book.ts';
import { ledgerKey } from '../../core/table.ts';

/** Longer than the ledger looks back. */
const KEPT_MS = 7 * 24 * 60 * 60_000;

/** The ledger's counts: rows of the table of records, one a source and hour, below 1 KB. */
export function dynamoLedgerBook(client: DynamoDBClient, tableName: string): LedgerBook {
  const keyOf = (source: string, hour: number) => ({ TableName: tableName, Key: marshall(ledgerKey(source, hour)) });
  return {
    async read(source, hour) {
      const { Item } = await client.send(new GetItemCommand(keyOf(source, hour)));
      return Item && (unmarshall(Item) as { minutes: Minutes }).minutes;
    },
    async write(source, hour, minutes) {
      await client.send(
        new UpdateItemCommand({
          ...keyOf(source, hour),
          UpdateExpression: 'SET minutes = :minutes, expiresAt = :expiresAt',
          ExpressionAttributeValues: marshall({
            ':minutes': [...minutes],
            ':expiresAt': Math.floor((hour + KEPT_MS) / 1000),
          }),
        }),
      );
    },
  };
}
