import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { bodyRows } from './adapters/dynamodb/body-rows.ts';
import { circuitReport } from './adapters/reports/circuit-report.ts';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoBreakers } from './adapters/dynamodb/breakers.ts';
import { dynamoStore } from './adapters/dynamodb/store.ts';
import { createEmf } from './adapters/reports/emf.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { createLog } from './adapters/reports/log.ts';
import { processingReport } from './adapters/reports/processing-report.ts';
import { readTogether } from './adapters/dynamodb/rows.ts';
import { s3Blobs } from './adapters/s3-blobs.ts';
import { serveJobs } from './adapters/threads.ts';
import { returnMessages } from './adapters/visibility.ts';
import type { OneByOneProcessor } from './core/processing/attempt.ts';
import { inBulk, type Member } from './core/processing/bulk.ts';
import { Circuit } from './core/processing/circuit.ts';
import { type Outcome, type QueuedMessage, take } from './core/processing/consume.ts';
import { handOf } from './core/processing/hand.ts';
import { isOrdered, takeInOrder, unitOf } from './core/processing/in-order.ts';
import { ownerOf } from './core/processing/place.ts';
import type { Processor } from './core/processor.ts';
import { hopOf, ownRoute } from './core/source.ts';
import type { Job, Verdict } from './core/processing/supervise.ts';
import { DEFAULT_TIMEOUT } from './core/processing/timeout.ts';
import { queuesSettings, recordsSettings, tablesSettings } from './settings.ts';

/**
 * What the threads of one route's function do (`lambdas/processor-function.ts`): the same code on its main queue and on
 * its dead-letter queue.
 */
export function processBatches<Payload>(processor: Processor<Payload>): void {
  const { stage, source, route, occurredAt, form } = ownRoute(readGateway());
  const { tableName, bucketName, listBy } = recordsSettings.fromEnv(process.env);
  const { queueUrlBase } = queuesSettings.fromEnv(process.env);
  const { tables } = tablesSettings.fromEnv(process.env);
  const log = createLog(`${source}/${route}`);
  const emit = createEmf(stage);
  const dynamo = new DynamoDBClient(clientOptions);
  const returnAfter = returnMessages(new SQSClient(clientOptions));
  const reports = processingReport({ log, emit, source, route, now: () => systemClock.now() });
  const circuit = new Circuit({
    route: `${source}/${route}`,
    breakers: dynamoBreakers(dynamo, tableName),
    clock: systemClock,
    runsMs: (processor.timeout ?? DEFAULT_TIMEOUT) * 1000,
    report: circuitReport({ log, emit, source, route }),
  });
  const ports = {
    store: dynamoStore({
      client: dynamo,
      tableName,
      bodies: bodyRows(dynamo, tableName, s3Blobs(bucketName), readTogether(dynamo, tableName)),
      listBy,
      tables,
    }),
    clock: systemClock,
    random: Math.random,
    log,
    circuit,
    occurredAt,
    form,
  };

  function giveBack({ eventSourceARN, receiptHandle }: SQSRecord, delaySeconds: number): Promise<void> {
    const queue = eventSourceARN.slice(eventSourceARN.lastIndexOf(':') + 1);
    return returnAfter(`${queueUrlBase}/${queue}`, receiptHandle, delaySeconds);
  }

  async function handle(record: SQSRecord, member: Member<Payload>, queued: QueuedMessage): Promise<Verdict> {
    try {
      const report = (outcome: Outcome) => reports.report(outcome);
      return await take(member.processor, queued, { ...ports, report }, (delaySeconds) =>
        giveBack(record, delaySeconds),
      );
    } catch (error) {
      log.error(LOST, error);
      return 'returned';
    } finally {
      member.leave();
    }
  }

  async function handleInOrder(
    inOrder: OneByOneProcessor<Payload>,
    job: Job<SQSRecord>,
    done: (at: number, verdict: Verdict) => void,
  ): Promise<void> {
    const messages = job.messages.map((record, at) => ({ ...queuedOf(record, job, at), record, at }));
    const inGroups = Map.groupBy(messages, ({ record }) => unitOf(record));
    const handlerMs = (processor.timeout ?? DEFAULT_TIMEOUT) * 1000;
    await Promise.all(
      [...inGroups.values()].map((group) =>
        takeInOrder(inOrder, group, handlerMs, {
          ...ports,
          report: (_queued, outcome) => reports.report(outcome),
          failed: (_, error) => log.error(LOST, error),
          returnAfter: ({ record }, delaySeconds) => giveBack(record, delaySeconds),
          settle: ({ at }, verdict) => done(at, verdict),
        }),
      ),
    );
  }

  serveJobs<SQSRecord>(async (job, done) => {
    if (processor.ordered !== undefined && processor.handler) {
      await handleInOrder(processor, job, done);
      reports.flush();
      return;
    }
    const memberOf = membersOf(processor, job.messages.length, ports);
    await Promise.all(
      job.messages.map(async (record, at) => done(at, await handle(record, memberOf(), queuedOf(record, job, at)))),
    );
    reports.flush();
  });
}

const LOST = 'a message could not be handled and returns to its queue';

function queuedOf(
  { receiptHandle, eventSourceARN, body, attributes }: SQSRecord,
  { invocation, deadline, place, cutShort }: Job<SQSRecord>,
  at: number,
): QueuedMessage {
  const how = cutShort?.[at];
  return {
    body,
    sentAt: Number(attributes.SentTimestamp),
    hop: hopOf(eventSourceARN),
    receives: Number(attributes.ApproximateReceiveCount),
    ordered: isOrdered(eventSourceARN),
    owner: ownerOf(invocation, handOf(receiptHandle), place),
    deadline,
    place,
    ...(how !== undefined && { cutShort: how }),
  };
}

/** What each message of a batch meets: the handler itself, or its part in one call of `handleBatch`. */
function membersOf<Payload>(
  processor: Processor<Payload>,
  messages: number,
  ports: Parameters<typeof inBulk>[2],
): () => Member<Payload> {
  if (processor.handleBatch) return inBulk(processor, messages, ports);
  return () => ({ processor, leave: () => undefined });
}
