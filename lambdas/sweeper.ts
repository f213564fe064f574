import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { bodyRows } from './adapters/body-rows.ts';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoStore } from './adapters/dynamo-store.ts';
import { createEmf } from './adapters/emf.ts';
import { eventLog } from './adapters/event-log.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { createLog } from './adapters/log.ts';
import { s3Blobs } from './adapters/s3-blobs.ts';
import { sqsQueue } from './adapters/sqs-queue.ts';
import { overdueBySource } from './core/ledger.ts';
import { DIMENSION, OUTBOX_AGE_METRIC, OVERDUE_METRIC } from './core/metrics.ts';
import { sweep } from './core/sweep.ts';
import { queuesSettings, recordsSettings } from './settings.ts';

const gateway = readGateway();
const { stage, sources } = gateway;
const names = sources.map(({ name }) => name);
const { tableName, bucketName } = recordsSettings.fromEnv(process.env);
const { queueUrlBase } = queuesSettings.fromEnv(process.env);
const log = createLog('sweeper');
const dynamo = new DynamoDBClient(clientOptions);
const ports = {
  store: dynamoStore({ client: dynamo, tableName, bodies: bodyRows(dynamo, tableName, s3Blobs(bucketName)) }),
  queue: sqsQueue(new SQSClient(clientOptions), queueUrlBase, gateway),
  clock: systemClock,
};

const emit = createEmf(stage);
const events = eventLog({ client: dynamo, tableName, store: ports.store, clock: systemClock });

/** What the ledger looks at every minute. */
const LEDGER = { ms: 2 * 60 * 60_000, mostRecords: 5_000 } as const;

/** Once a minute: sends what was recorded but may never have been queued, then counts what is overdue all the same. */
export const handler = middy(async () => {
  const { waitedMs, ...result } = await sweep(ports);
  if (result.due > 0) log.info('swept', result);
  for (const source of names) {
    const seconds = Math.round((waitedMs.get(source) ?? 0) / 1000);
    emit([{ name: OUTBOX_AGE_METRIC, value: seconds, unit: 'Seconds' }], { [DIMENSION.source]: source });
  }

  const now = systemClock.now();
  const { records, complete } = await events.since(names, now - LEDGER.ms, LEDGER.mostRecords);
  for (const [source, overdue] of overdueBySource(records, names, now)) {
    emit([{ name: OVERDUE_METRIC, value: overdue }], { [DIMENSION.source]: source });
    if (overdue > 0) log.warn('overdue', { source, overdue, complete });
  }
});
