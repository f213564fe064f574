import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context } from 'aws-lambda';
import { bodyRows } from './adapters/body-rows.ts';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoLedgerBook } from './adapters/dynamo-ledger-book.ts';
import { dynamoStore } from './adapters/dynamo-store.ts';
import { dynamoWatch } from './adapters/dynamo-watch.ts';
import { createEmf } from './adapters/emf.ts';
import { eventLog } from './adapters/event-log.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { createLog } from './adapters/log.ts';
import { s3Blobs } from './adapters/s3-blobs.ts';
import { sqsQueue } from './adapters/sqs-queue.ts';
import { bookings, HOUR_MS, hourOf, hoursSince, keep } from './core/ledger/ledger-book.ts';
import { balances, ledgerOf } from './core/ledger/ledger.ts';
import { DIMENSION, LEDGER_METRIC, OUTBOX_AGE_METRIC } from './core/metrics.ts';
import { settledEvents } from './core/ledger/settled.ts';
import { timeoutsOf } from './core/source.ts';
import { sweep } from './core/sweep.ts';
import { enrolUnclaimed } from './core/watch.ts';
import { queuesSettings, recordsSettings } from './settings.ts';

const gateway = readGateway();
const { stage, sources } = gateway;
const names = sources.map(({ name }) => name);
const timeoutOf = timeoutsOf(sources);
const { tableName, bucketName, listBy } = recordsSettings.fromEnv(process.env);
const { queueUrlBase } = queuesSettings.fromEnv(process.env);
const log = createLog('sweeper');
const dynamo = new DynamoDBClient(clientOptions);
const ports = {
  store: dynamoStore({ client: dynamo, tableName, bodies: bodyRows(dynamo, tableName, s3Blobs(bucketName)), listBy }),
  queue: sqsQueue(new SQSClient(clientOptions), queueUrlBase, gateway),
  clock: systemClock,
};

const emit = createEmf(stage);
const events = eventLog({ client: dynamo, tableName, store: ports.store, clock: systemClock, listBy });

const watch = dynamoWatch(dynamo, tableName);
const watched = sources.filter(({ sentOnce }) => sentOnce).map(({ name }) => name);

/** Of this container: the one that follows reads all of them once. */
const settled = settledEvents(() => systemClock.now());
const book = dynamoLedgerBook(dynamo, tableName);

/** What the ledger reads every minute, of this hour and the one before, beside what it knows to be settled. */
const MOST_RECORDS = 5_000;

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
    for (const [source, ms] of behindMs) log.warn('watch is behind', { source, seconds: Math.round(ms / 1000) });
    const found = (waitedMs: ReadonlyMap<string, number>) => emitAges(waitedMs, behindMs);
    const result = await sweep(ports, { until: begun + SENDS_UNTIL * left, found });
    if (result.due > 0) log.info('swept', { ...result });
    await bookLedger(systemClock.now());
  }
});

/** What the watch has not come to may have waited as long as what is due. */
function emitAges(...agesMs: readonly ReadonlyMap<string, number>[]): void {
  for (const source of names) {
    const seconds = Math.round(Math.max(0, ...agesMs.map((ages) => ages.get(source) ?? 0)) / 1000);
    emit([{ name: OUTBOX_AGE_METRIC, value: seconds, unit: 'Seconds' }], { [DIMENSION.source]: source });
  }
}

async function bookLedger(now: number): Promise<void> {
  const from = hourOf(now) - HOUR_MS;
  const { records, cut } = await events.since(names, from, MOST_RECORDS, settled);
  const whole = names.filter((name) => !cut.includes(name));
  const booked = await bookings(records, whole, hoursSince(from, now), book);
  await keep(booked, book);
  for (const [source, { overdue, missing }] of balances(ledgerOf(records, booked, now, timeoutOf), names, cut)) {
    emit(
      [
        { name: LEDGER_METRIC.overdue, value: overdue },
        { name: LEDGER_METRIC.missing, value: missing },
      ],
      { [DIMENSION.source]: source },
    );
    if (overdue > 0 || missing > 0) log.warn('ledger mismatch', { source, overdue, missing });
  }
  for (const source of cut) log.warn('ledger incomplete', { source });
}
