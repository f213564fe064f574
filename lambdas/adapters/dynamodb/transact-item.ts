import type { TransactWriteItem, Update } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Condition, Write } from '../../core/processor.ts';

/** One write of a handler's `commit`, as DynamoDB takes it in a transaction. */
export function transactItem(write: Write, tables: Readonly<Record<string, string>>): TransactWriteItem {
  if ('put' in write) {
    const { table, item, condition } = write.put;
    return { Put: { TableName: nameOf(table, tables), Item: marshall(item), ...conditionOf(condition) } };
  }
  if ('delete' in write) {
    const { table, key, condition } = write.delete;
    return { Delete: { TableName: nameOf(table, tables), Key: marshall(key), ...conditionOf(condition) } };
  }
  const { table, key, set, condition } = write.update;
  const own = conditionOf(condition);
  const entries = Object.entries(set);
  return {
    Update: {
      TableName: nameOf(table, tables),
      Key: marshall(key),
      UpdateExpression: `SET ${entries.map((_, i) => `#set${i} = :set${i}`).join(', ')}`,
      ...own,
      ExpressionAttributeNames: {
        ...own.ExpressionAttributeNames,
        ...Object.fromEntries(entries.map(([name], i) => [`#set${i}`, name])),
      },
      ExpressionAttributeValues: {
        ...own.ExpressionAttributeValues,
        ...marshall(Object.fromEntries(entries.map(([, value], i) => [`:set${i}`, value]))),
      },
    },
  };
}

function conditionOf(
  condition: Condition | undefined,
): Pick<Update, 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'> {
  if (!condition) return {};
  return {
    ConditionExpression: condition.expression,
    ...(condition.names && { ExpressionAttributeNames: { ...condition.names } }),
    ...(condition.values && { ExpressionAttributeValues: marshall(condition.values) }),
  };
}

function nameOf(table: string, tables: Readonly<Record<string, string>>): string {
  const name = tables[table];
  if (name === undefined) {
    throw new Error(
      `The table "${table}" is not declared. Add it to \`tables\` of the processor; declared: ${Object.keys(tables).join(', ') || 'none'}.`,
    );
  }
  return name;
}
