import type { Json } from '../../aws/json-server.ts';
import type { Need } from '../decide.ts';
import type { Guard } from '../guard.ts';
import { keyNeeds } from './key.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html */
const OF_TRANSACTIONS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

/**
 * The permissions that a call of DynamoDB needs: those of a transaction are its items', a query of an index is about
 * the index. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 *
 * @param prefix of the tables' ARNs: `arn:aws:dynamodb:<region>:<account>:table/`
 */
export function dynamodbNeeds(action: string, input: Json, prefix: string, guard: Guard): readonly Need[] {
  const of = (name: string, table: unknown, index?: unknown): readonly Need[] => {
    const arn = arnOf(table, prefix);
    const resource = typeof index === 'string' ? `${arn}/index/${index}` : arn;
    // DynamoDB asks KMS on behalf of whoever asks it:
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    return [{ action: `dynamodb:${name}`, resource }, ...keyNeeds(guard, arn, 'dynamodb', ['kms:Decrypt'])];
  };
  switch (action) {
    case 'TransactWriteItems':
    case 'TransactGetItems':
      return items(input['TransactItems']).flatMap((item) =>
        Object.entries(item).flatMap(([kind, operation]) =>
          of(OF_TRANSACTIONS[kind] ?? kind, (operation as Json)['TableName']),
        ),
      );
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return Object.keys((input['RequestItems'] ?? {}) as Json).flatMap((table) => of(action, table));
    default:
      return of(action, input['TableName'] ?? input['ResourceArn'], input['IndexName']);
  }
}

/** A table is named, or given by its ARN; an action that has none is about everything. */
function arnOf(table: unknown, prefix: string): string {
  if (typeof table !== 'string') return '*';
  return table.startsWith('arn:') ? table : prefix + table;
}

function items(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as Json[]) : [];
}
