import { marshall } from '@aws-sdk/util-dynamodb';
import { INDEX } from '../../core/table.ts';

export type Values = Readonly<Record<string, string | number>>;

/** What an update does to the record of an event, and on which condition. */
export interface Change {
  readonly condition: string;
  readonly set: Values;
  readonly add?: Values;
  readonly remove?: readonly string[];
  readonly values: Values;
}

/** Attribute names that are reserved words of DynamoDB's expressions, or might become one, go by placeholder. */
export function expressions({ condition, set, add = {}, remove = [], values }: Change) {
  const names: Record<string, string> = {
    '#status': 'status',
    '#owner': 'owner',
    '#source': 'source',
    '#route': 'route',
    '#state': INDEX.statuses.partitionKey,
  };
  const all: Record<string, string | number> = { ...values };
  const assign = (entries: Values, glue: string) =>
    Object.entries(entries).map(([name, value]) => {
      names[`#${name}`] = name;
      all[`:set_${name}`] = value;
      return `#${name}${glue}:set_${name}`;
    });
  const clauses = [`SET ${assign(set, ' = ').join(', ')}`];
  if (Object.keys(add).length > 0) clauses.push(`ADD ${assign(add, ' ').join(', ')}`);
  if (remove.length > 0) clauses.push(`REMOVE ${remove.join(', ')}`);
  const text = condition + clauses.join(' ');
  return {
    UpdateExpression: clauses.join(' '),
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(Object.entries(names).filter(([name]) => text.includes(name))),
    ExpressionAttributeValues: marshall(all),
  };
}
