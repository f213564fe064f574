import { createHash } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type TransactWriteItem,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Claim, ClaimResult, Fence, Store } from '../../core/ports.ts';
import type { Write } from '../../core/processor.ts';
import {
  type EventRecord,
  OLDEST_VERSION,
  RECORD_TTL_SECONDS,
  RECORD_VERSION,
  type Status,
} from '../../core/record.ts';
import { INDEX, type ListBy, META } from '../../core/table.ts';
import type { BodyRows } from './body-rows.ts';
import { dueOutbox } from './due-outbox.ts';
import { KNOWN_VERSION, outboxShard, stateOf, toItem, toRecord } from './record-item.ts';
import { replaceUnkept } from './replace-unkept.ts';
import { transactItem } from './transact-item.ts';
import { type Change, expressions, type Values } from './update-expression.ts';

export interface DynamoStoreOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly bodies: BodyRows;
  /** What the stage lists by, beside what it always does. */
  readonly listBy?: readonly ListBy[];
  /** Physical names of the team's own tables by their short names. */
  readonly tables?: Readonly<Record<string, string>>;
}

/**
 * The record's protocol as DynamoDB conditions. Each condition says in one place who may write, so no read is needed
 * before; a failed condition returns the row it met (`ALL_OLD`), so none is needed after either.
 *
 * The SDK repeats a write whose answer was lost and then meets its own first attempt; every method below counts that
 * as success (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
 */
export function dynamoStore({ client, tableName, bodies, listBy = [], tables = {} }: DynamoStoreOptions): Store {
  const key = (pk: string) => ({ pk: { S: pk }, sk: { S: META } });

  /** The part of an update that moves the record within the index of statuses, or out of it. */
  function listed(pk: string, status: Status): { readonly set: Values; readonly remove: readonly string[] } {
    const { partitionKey } = INDEX.statuses;
    const state = stateOf(pk.slice(0, pk.indexOf('#')), status, listBy);
    const set = { status };
    return state === undefined
      ? { set, remove: [`#${partitionKey}`] }
      : { set: { ...set, [partitionKey]: state }, remove: [] };
  }

  /** Updates META; returns the row after it, or the row that refused it. */
  async function update(
    pk: string,
    change: Change,
  ): Promise<{ after: EventRecord } | { refusedBy: EventRecord | undefined }> {
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: key(pk),
          ...expressions(change),
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      if (!Attributes) throw new Error(`DynamoDB returned no attributes for the update of ${pk}.`);
      return { after: toRecord(Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { refusedBy: error.Item && toRecord(error.Item) };
    }
  }

  /** Ends an attempt. True also when the row shows that this very fence has written this status before. */
  async function end(fence: Fence, status: Status, set: Values, remove: readonly string[]): Promise<boolean> {
    const result = await update(fence.pk, ending(fence, status, set, remove));
    if ('after' in result) return true;
    return isEndedBy(result.refusedBy, fence, status);
  }

  function ending(fence: Fence, status: Status, set: Values, remove: readonly string[]): Change {
    const state = listed(fence.pk, status);
    return {
      condition: '#status = :processing AND #owner = :owner AND attempt = :attempt',
      set: { ...state.set, ...set },
      remove: [...state.remove, ...remove],
      values: { ':processing': 'PROCESSING', ':owner': fence.owner, ':attempt': fence.attempt },
    };
  }

  return {
    putBody: (pk, body) => bodies.put(pk, body),
    getBody: (pk, sha256) => bodies.get(pk, sha256),
    replaceUnkept: replaceUnkept(client, tableName, listBy),
    dueOutbox: dueOutbox(client, tableName),

    async putRecord(record, now) {
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: toItem(record, listBy),
            ConditionExpression: 'attribute_not_exists(pk) OR expiresAt <= :now',
            ExpressionAttributeValues: marshall({ ':now': Math.floor(now / 1000) }),
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        return { created: true };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException) || !error.Item) throw error;
        return { created: false, existing: toRecord(error.Item) };
      }
    },

    async setOutbox(pk, outboxAt) {
      const result = await update(pk, {
        condition: `${KNOWN_VERSION.condition} AND #status = :received`,
        set: { outbox: outboxShard(pk), outboxAt },
        values: { ...KNOWN_VERSION.values, ':received': 'RECEIVED' },
      });
      return 'after' in result;
    },

    async claim(claim: Claim): Promise<ClaimResult> {
      const state = listed(claim.pk, 'PROCESSING');
      const [source = '', route = ''] = claim.route.split('/');
      const result = await update(claim.pk, {
        condition:
          'v >= :oldest AND v <= :v AND #source = :source AND #route = :route' +
          ' AND epoch = :epoch AND bodySha256 = :sha AND expiresAt > :seconds AND (' +
          '#status = :received' +
          ' OR (#status = :failed AND (:hop = :dead OR attribute_not_exists(movedAt) OR movedAt < :sentAt))' +
          (claim.unlessAbandoned
            ? ' OR (#status = :processing AND #owner = :owner)'
            : ' OR (#status = :processing AND (leaseUntil <= :now OR #owner = :owner))') +
          ' OR (#status = :parked AND movedAt < :sentAt))',
        set: {
          ...state.set,
          owner: claim.owner,
          leaseUntil: claim.leaseUntil,
          expiresAt: Math.floor(claim.now / 1000) + RECORD_TTL_SECONDS,
          ...(claim.triedBefore !== undefined && { movedAttempt: claim.triedBefore }),
        },
        add: { attempt: 1 },
        remove: [...state.remove, 'outbox', 'outboxAt', 'nextAt'],
        values: {
          ':v': RECORD_VERSION,
          ':oldest': OLDEST_VERSION,
          ':source': source,
          ':route': route,
          ':epoch': claim.epoch,
          ':sha': claim.bodySha256,
          ':seconds': Math.floor(claim.now / 1000),
          ...(!claim.unlessAbandoned && { ':now': claim.now }),
          ':sentAt': claim.sentAt,
          ':hop': claim.hop,
          ':dead': 'dead',
          ':owner': claim.owner,
          ':received': 'RECEIVED',
          ':failed': 'FAILED',
          ':processing': 'PROCESSING',
          ':parked': 'PARKED',
        },
      });
      if ('after' in result) return { claimed: true, record: result.after };
      return { claimed: false, ...(result.refusedBy && { existing: result.refusedBy }) };
    },

    complete: (fence, done) => end(fence, 'DONE', { ...done }, ENDED_WELL),
    fail: (fence, { movedAt, ...failure }) =>
      end(fence, 'FAILED', movedAt === undefined ? failure : { ...failure, movedAt, movedAttempt: fence.attempt }, [
        'leaseUntil',
      ]),
    park: (fence, failure) => end(fence, 'PARKED', { ...failure, movedAttempt: fence.attempt }, ['leaseUntil']),

    async commit(fence, writes: readonly Write[], done) {
      const markDone: TransactWriteItem = {
        Update: {
          TableName: tableName,
          Key: key(fence.pk),
          ...expressions(ending(fence, 'DONE', { ...done }, ENDED_WELL)),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      };
      const TransactItems = [markDone, ...writes.map((write) => transactItem(write, tables))];
      // A repeated request within ten minutes is answered, not applied again; the same token with other writes is refused.
      const token = createHash('sha256')
        .update(`${fence.pk}/${fence.owner}/${fence.attempt}/${JSON.stringify(TransactItems)}`)
        .digest('hex')
        .slice(0, 36);
      try {
        await client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: token }));
        return 'committed';
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const [own, ...theirs] = error.CancellationReasons ?? [];
        if (own?.Code === 'ConditionalCheckFailed') {
          return isEndedBy(own.Item && toRecord(own.Item), fence, 'DONE') ? 'committed' : 'fence-lost';
        }
        // Anything else (a conflict with another transaction, throttling) is no answer of a condition: try again.
        if (theirs.some(({ Code }) => Code === 'ConditionalCheckFailed')) return 'refused';
        throw error;
      }
    },

    async get(pk) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: key(pk), ConsistentRead: true }),
      );
      return Item && toRecord(Item);
    },

    async bumpOutbox(pk, from, to) {
      const result = await update(pk, {
        condition: `${KNOWN_VERSION.condition} AND #status = :received AND outboxAt = :from`,
        set: { outboxAt: to },
        add: { outboxSends: 1 },
        values: { ...KNOWN_VERSION.values, ':received': 'RECEIVED', ':from': from },
      });
      return 'after' in result;
    },

    async replay(seen, { now, outboxAt }) {
      const state = listed(seen.pk, 'RECEIVED');
      const result = await update(seen.pk, {
        condition: 'v >= :oldest AND v <= :v AND epoch = :epoch AND #status = :seen AND #status IN (:done, :parked)',
        set: {
          ...state.set,
          epoch: seen.epoch + 1,
          attempt: 0,
          outbox: outboxShard(seen.pk),
          outboxAt,
          expiresAt: Math.floor(now / 1000) + RECORD_TTL_SECONDS,
        },
        // All that it has of earlier attempts.
        remove: [...state.remove, ...OF_ATTEMPTS],
        values: {
          ':v': RECORD_VERSION,
          ':oldest': OLDEST_VERSION,
          ':epoch': seen.epoch,
          ':seen': seen.status,
          ':done': 'DONE',
          ':parked': 'PARKED',
        },
      });
      return 'after' in result || result.refusedBy?.epoch === seen.epoch + 1;
    },
  };
}

const ENDED_WELL = ['leaseUntil', 'lastError'];
const OF_ATTEMPTS = [
  ...['#owner', 'leaseUntil', 'nextAt', 'doneAt', 'processingMs', 'movedAt', 'movedAttempt', 'lastError'],
  'outboxSends',
];

function isEndedBy(record: EventRecord | undefined, fence: Fence, status: EventRecord['status']): boolean {
  return record?.status === status && record.owner === fence.owner && record.attempt === fence.attempt;
}
