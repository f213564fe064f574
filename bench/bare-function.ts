import {
  BatchGetItemCommand,
  DynamoDBClient,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { clientOptions } from '../lambdas/adapters/clients.ts';
import { recordsSettings, tablesSettings } from '../lambdas/settings.ts';

/**
 * What `npm run bench:drain` takes as the least that an event can cost: a function without Hookgate that makes the same
 * calls by the same SDK, each of the size of ours, and does nothing else. No check, no schema, no log line, no metric,
 * no thread: what ours takes beyond it is Hookgate's own.
 */
const { tableName: TableName } = recordsSettings.fromEnv(process.env);
const [orders = ''] = Object.values(tablesSettings.fromEnv(process.env).tables);
const client = new DynamoDBClient(clientOptions);

interface Pointer {
  readonly pk: string;
  readonly bodySha256: string;
}

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const events = Records.map((record) => ({ record, pointer: JSON.parse(record.body) as Pointer }));
  const Keys = events.map(({ pointer: { pk, bodySha256 } }) => ({ pk: { S: pk }, sk: { S: `BODY#${bodySha256}` } }));
  const bodies = client.send(
    new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }),
  );
  await Promise.all(events.map(({ record, pointer }) => processOne(record, pointer, bodies)));
  return { batchItemFailures: [] };
}

async function processOne(
  { messageId }: SQSRecord,
  { pk, bodySha256 }: Pointer,
  bodies: Promise<unknown>,
): Promise<void> {
  const Key = { pk: { S: pk }, sk: { S: 'META' } };
  const now = String(Date.now());
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key,
      UpdateExpression:
        'SET #status = :processing, #owner = :owner, leaseUntil = :now, #seen = :now ADD attempt :one REMOVE outbox, outboxAt, nextAt',
      ConditionExpression:
        'v >= :one AND v <= :nine AND epoch = :zero AND bodySha256 = :sha AND expiresAt > :one AND ' +
        '(#status = :received OR (#status = :failed AND movedAt < :now) OR (#status = :processing AND leaseUntil <= :now))',
      ExpressionAttributeNames: { '#status': 'status', '#owner': 'owner', '#seen': 'seenAt' },
      ExpressionAttributeValues: {
        ':processing': { S: 'PROCESSING' },
        ':received': { S: 'RECEIVED' },
        ':failed': { S: 'FAILED' },
        ':owner': { S: messageId },
        ':sha': { S: bodySha256 },
        ':now': { N: now },
        ':zero': { N: '0' },
        ':one': { N: '1' },
        ':nine': { N: '9' },
      },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  );
  await bodies;
  const TransactItems: TransactWriteItem[] = [
    {
      Update: {
        TableName,
        Key,
        UpdateExpression: 'SET #status = :done, doneAt = :now, processingMs = :one REMOVE leaseUntil, lastError',
        ConditionExpression: '#status = :processing AND #owner = :owner AND attempt = :one',
        ExpressionAttributeNames: { '#status': 'status', '#owner': 'owner' },
        ExpressionAttributeValues: {
          ':done': { S: 'DONE' },
          ':processing': { S: 'PROCESSING' },
          ':owner': { S: messageId },
          ':now': { N: now },
          ':one': { N: '1' },
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    },
    {
      Update: {
        TableName: orders,
        Key: { id: { S: `bare-${pk}` } },
        UpdateExpression: 'SET #a = :a, #b = :b, #c = :c, #d = :d, #e = :e',
        ExpressionAttributeNames: {
          '#a': 'status',
          '#b': 'amount',
          '#c': 'currency',
          '#d': 'transactionId',
          '#e': 'paidAt',
        },
        ExpressionAttributeValues: {
          ':a': { S: 'paid' },
          ':b': { N: '25000' },
          ':c': { S: 'JMD' },
          ':d': { NULL: true },
          ':e': { S: now },
        },
      },
    },
  ];
  await client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: messageId.slice(-36) }));
}
