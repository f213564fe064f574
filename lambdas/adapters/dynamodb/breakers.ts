import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type Breaker, UNTOUCHED } from '../../core/processing/breaker.ts';
import type { Breakers } from '../../core/ports.ts';
import { breakerKey } from '../../core/table.ts';

/**
 * The breakers' rows in the table of records. A change is conditional on the revision that was seen; a change that the
 * SDK repeats because its answer was lost meets its own revision and name, and counts as made.
 */
export function dynamoBreakers(client: DynamoDBClient, tableName: string): Breakers {
  const keyOf = (route: string) => ({ TableName: tableName, Key: marshall(breakerKey(route)) });

  /** The row after the update, or the row whose condition refused it. */
  async function update(
    route: string,
    input: Pick<
      UpdateItemCommandInput,
      'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
    >,
  ): Promise<{ after: Breaker } | { refusedBy: Breaker }> {
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          ...keyOf(route),
          ...input,
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { after: toBreaker(Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { refusedBy: toBreaker(error.Item) };
    }
  }

  return {
    async read(route) {
      const { Item } = await client.send(new GetItemCommand({ ...keyOf(route), ConsistentRead: true }));
      return Item && toBreaker(Item);
    },

    async recordFailure(route, { now, successes, windowMs }) {
      const counted = await update(route, {
        UpdateExpression: 'ADD failures :one, successes :successes',
        ConditionExpression: 'windowStart > :old',
        ExpressionAttributeValues: marshall({ ':one': 1, ':successes': successes, ':old': now - windowMs }),
      });
      if ('after' in counted) return counted.after;
      const anew = await update(route, {
        UpdateExpression: 'SET windowStart = :now, failures = :one, successes = :successes',
        ConditionExpression: 'attribute_not_exists(windowStart) OR windowStart <= :old',
        ExpressionAttributeValues: marshall({
          ':one': 1,
          ':successes': successes,
          ':old': now - windowMs,
          ':now': now,
        }),
      });
      // Another container began the window in between, with a failure of its own; ours is one more or less.
      return 'after' in anew ? anew.after : anew.refusedBy;
    },

    async change(route, seen, next) {
      const { mapping: _, ...fields } = next;
      const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
      const gone = (['forced', 'pausedAt'] as const).filter((name) => next[name] === undefined);
      const result = await update(route, {
        UpdateExpression: [
          `SET ${entries.map(([name]) => `#${name} = :${name}`).join(', ')}`,
          ...(gone.length > 0 ? [`REMOVE ${gone.join(', ')}`] : []),
        ].join(' '),
        ConditionExpression: seen.revision === 0 ? 'attribute_not_exists(revision)' : '#revision = :seen',
        ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
        ExpressionAttributeValues: marshall({
          ...Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
          ...(seen.revision !== 0 && { ':seen': seen.revision }),
        }),
      });
      if ('after' in result) return true;
      const { revision, changedBy } = result.refusedBy;
      return revision === next.revision && changedBy === next.changedBy;
    },

    async noteMapping(route, mode) {
      await update(route, {
        UpdateExpression: 'SET mapping = :mode',
        ExpressionAttributeValues: marshall({ ':mode': mode }),
      });
    },
  };
}

function toBreaker(item: Record<string, AttributeValue> | undefined): Breaker {
  if (!item) return UNTOUCHED;
  const { pk: _pk, sk: _sk, ...fields } = unmarshall(item);
  return { ...UNTOUCHED, ...fields };
}
