import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import { bodyRows } from './adapters/dynamodb/body-rows.ts';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoLedgerBook } from './adapters/dynamodb/ledger-book.ts';
import { dynamoStore } from './adapters/dynamodb/store.ts';
import { dynamoWatch } from './adapters/dynamodb/watch.ts';
import { createEmf } from './adapters/reports/emf.ts';
import { eventLog } from './adapters/dynamodb/event-log.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { createLog } from './adapters/reports/log.ts';
import { s3Blobs } from './adapters/s3-blobs.ts';
import { sqsQueue } from './adapters/sqs-queue.ts';
import { sweepReport } from './adapters/reports/sweep-report.ts';
import { keepLedger } from './core/ledger/read-ledger.ts';
import { settledEvents } from './core/ledger/settled.ts';
import { timeoutsOf } from './core/source.ts';
import { sweep } from './core/sweep.ts';
import { enrolUnclaimed } from './core/watch.ts';
import { queuesSettings, recordsSettings } from './settings.ts';

const gateway = readGateway();
const { stage, sources } = gateway;
const names = sources.map(({ name }) => name);
const { tableName, bucketName, listBy } = recordsSettings.fromEnv(process.env);
const { queueUrlBase } = queuesSettings.fromEnv(process.env);
const report = sweepReport({ log: createLog('sweeper'), emit: createEmf(stage), sources: names });
const dynamo = new DynamoDBClient(clientOptions);
const ports = {
  store: dynamoStore({ client: dynamo, tableName, bodies: bodyRows(dynamo, tableName, s3Blobs(bucketName)), listBy }),
  queue: sqsQueue(new SQSClient(clientOptions), queueUrlBase, gateway),
  clock: systemClock,
};

const events = eventLog({ client: dynamo, tableName, store: ports.store, clock: systemClock, listBy });

const watch = dynamoWatch(dynamo, tableName);
const watched = sources.filter(({ sentOnce }) => sentOnce).map(({ name }) => name);

/** Of this container: the one that follows reads all of them once. */
const settled = settledEvents(() => systemClock.now());
const ledger = {
  log: events,
  book: dynamoLedgerBook(dynamo, tableName),
  sources: names,
  timeoutOf: timeoutsOf(sources),
};

/** What the ledger reads every minute, of this hour and the one before, beside what it knows to be settled. */
const MOST_RECORDS = 5_000;
const LEDGER_HOURS = 2;

/** Shares of the function's time, at whose end the watch and the sends stop: what is left is the ledger's. */
const WATCH_UNTIL = 0.3;
const SENDS_UNTIL = 0.7;

/** Once a minute: sends what was recorded but may never have been queued, then books what became of everything. */
export const handler = middy(async (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => {
  const begun = systemClock.now();
  const left = context.getRemainingTimeInMillis();
  let behindMs: ReadonlyMap<string, number> = new Map();
  try {
    ({ behindMs } = await enrolUnclaimed(watch, watched, systemClock, begun + WATCH_UNTIL * left));
  } finally {
    report.behind(behindMs);
    const found = (waitedMs: ReadonlyMap<string, number>) => report.waited(waitedMs, behindMs);
    report.swept(await sweep(ports, { until: begun + SENDS_UNTIL * left, found }));
    const read = { now: systemClock.now(), hours: LEDGER_HOURS, most: MOST_RECORDS, settled };
    report.ledger(await keepLedger(ledger, read));
  }
});
