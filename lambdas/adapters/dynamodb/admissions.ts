import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Admissions } from '../../core/admission.ts';
import { admissionKey } from '../../core/table.ts';

/** A minute's count is of no use after it; TTL deletes it when it gets round to it. */
const KEPT_MS = 60 * 60_000;

/** Counts of the sources that have a limit: rows of the table of records, one a source and minute. */
export function dynamoAdmissions(client: DynamoDBClient, tableName: string): Admissions {
  return {
    async add(source, minute, count) {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: marshall(admissionKey(source, minute)),
          UpdateExpression: 'ADD admitted :count SET expiresAt = :expiresAt',
          ExpressionAttributeValues: marshall({
            ':count': count,
            ':expiresAt': Math.floor((minute + KEPT_MS) / 1000),
          }),
          ReturnValues: 'UPDATED_NEW',
        }),
      );
      return Number(Attributes?.['admitted']?.N ?? count);
    },
  };
}
