import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { bodyRows } from './adapters/body-rows.ts';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoBreakers } from './adapters/dynamo-breakers.ts';
import { dynamoStore } from './adapters/dynamo-store.ts';
import { createEmf, type Measurement } from './adapters/emf.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { createLog } from './adapters/log.ts';
import { s3Blobs } from './adapters/s3-blobs.ts';
import { returnMessages } from './adapters/visibility.ts';
import { Circuit } from './core/circuit.ts';
import { type Outcome, type QueuedMessage, take } from './core/consume.ts';
import { BREAKER_METRIC, DIMENSION, PROCESSING_METRIC } from './core/metrics.ts';
import type { Processor } from './core/processor.ts';
import { ownRoute } from './core/source.ts';
import { queuesSettings, recordsSettings, tablesSettings } from './settings.ts';

/** The function of one route: the same code on its main queue and on its dead-letter queue. */
export function processorHandler<Payload>(processor: Processor<Payload>) {
  const { stage, source, route } = ownRoute(readGateway());
  const { tableName, bucketName } = recordsSettings.fromEnv(process.env);
  const { queueUrlBase } = queuesSettings.fromEnv(process.env);
  const { tables } = tablesSettings.fromEnv(process.env);
  const log = createLog(`${source}/${route}`);
  const emit = createEmf(stage);
  const dynamo = new DynamoDBClient(clientOptions);
  const returnAfter = returnMessages(new SQSClient(clientOptions));
  const dimensions = { [DIMENSION.source]: source, [DIMENSION.route]: route };
  const circuit = new Circuit({
    route: `${source}/${route}`,
    breakers: dynamoBreakers(dynamo, tableName),
    clock: systemClock,
    report: (what, { state, openUntil, openings }) => {
      log.warn(`breaker ${what}`, { source, route, state, openings, until: new Date(openUntil).toISOString() });
      if (what === 'opened') emit([{ name: BREAKER_METRIC.open, value: 1 }], dimensions);
    },
  });
  const ports = {
    store: dynamoStore({ client: dynamo, tableName, bodies: bodyRows(dynamo, tableName, s3Blobs(bucketName)), tables }),
    clock: systemClock,
    random: Math.random,
    log,
    circuit,
  };

  /** True when the message is done with; false sends it back to its queue. */
  async function handle(record: SQSRecord, context: Context): Promise<boolean> {
    const queue = record.eventSourceARN.slice(record.eventSourceARN.lastIndexOf(':') + 1);
    const queued: QueuedMessage = {
      body: record.body,
      sentAt: Number(record.attributes.SentTimestamp),
      hop: queue.endsWith('-dead') ? 'dead' : 'main',
      receives: Number(record.attributes.ApproximateReceiveCount),
      owner: `${context.awsRequestId}/${record.messageId}`,
      deadline: Date.now() + context.getRemainingTimeInMillis(),
    };
    try {
      return await take(processor, queued, { ...ports, report }, (delaySeconds) =>
        returnAfter(`${queueUrlBase}/${queue}`, record.receiptHandle, delaySeconds),
      );
    } catch (error) {
      log.error('a message could not be handled and returns to its queue', error);
      return false;
    }
  }

  function report(outcome: Outcome): void {
    const measurements: Measurement[] = [];
    const line: Record<string, string | number> = {};
    if ('record' in outcome) {
      const { pk, type, attempt, receivedAt } = outcome.record;
      Object.assign(line, { key: pk, type, attempt, lagMs: Date.now() - receivedAt });
      if (attempt > 1) measurements.push({ name: PROCESSING_METRIC.retried, value: 1 });
    } else if ('pk' in outcome) line.key = outcome.pk;
    switch (outcome.outcome) {
      case 'done':
        line.processingMs = outcome.processingMs;
        measurements.push({ name: PROCESSING_METRIC.processed, value: 1 });
        measurements.push({ name: PROCESSING_METRIC.processingMs, value: outcome.processingMs, unit: 'Milliseconds' });
        break;
      case 'failed':
        measurements.push({ name: PROCESSING_METRIC.failed, value: 1 });
        break;
      case 'parked':
      case 'quarantined':
        measurements.push({ name: PROCESSING_METRIC.failed, value: 1 }, { name: PROCESSING_METRIC.parked, value: 1 });
        break;
      case 'deferred':
        measurements.push({ name: PROCESSING_METRIC.deferred, value: 1 });
        break;
      case 'skipped':
      case 'moving':
        break;
    }
    const reason = 'reason' in outcome ? outcome.reason : 'why' in outcome ? outcome.why : undefined;
    const expected = outcome.outcome === 'skipped' || outcome.outcome === 'deferred';
    const write = reason !== undefined && !expected ? log.warn : log.info;
    write(outcome.outcome, { source, route, ...line, ...(reason !== undefined && { reason }) });
    if (measurements.length > 0) emit(measurements, dimensions);
  }

  return middy(async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const taken = await Promise.all(event.Records.map((record) => handle(record, context)));
    const failed = event.Records.filter((_, i) => !taken[i]);
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
}
