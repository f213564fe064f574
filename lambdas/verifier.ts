import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { toDelivery, toResult } from './adapters/api-gateway.ts';
import { bodyRows } from './adapters/body-rows.ts';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoStore } from './adapters/dynamo-store.ts';
import { createEmf } from './adapters/emf.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { keyFetcher } from './adapters/key-fetch.ts';
import { createLog } from './adapters/log.ts';
import { rejectionTally } from './adapters/rejection-tally.ts';
import { s3Blobs } from './adapters/s3-blobs.ts';
import { secretsManager } from './adapters/secrets-manager.ts';
import { sqsQueue } from './adapters/sqs-queue.ts';
import type { Delivery } from './core/delivery.ts';
import { DELIVERY_METRIC, DIMENSION, SECRET_VERSION_METRIC } from './core/metrics.ts';
import { endpointsOf, receive } from './core/receive.ts';
import { answerTo, type Receipt } from './core/receipt.ts';
import type { SecretSet } from './core/scheme/key.ts';
import { SecretCache } from './core/secrets.ts';
import { providers } from './providers/index.ts';
import { queuesSettings, recordsSettings } from './settings.ts';

// Everything here is made once, in the init phase, where Lambda gives the most CPU.
const gateway = readGateway();
const { tableName, bucketName } = recordsSettings.fromEnv(process.env);
const { queueUrlBase } = queuesSettings.fromEnv(process.env);
const log = createLog('verifier');
const emit = createEmf(gateway.stage);
const rejections = rejectionTally(systemClock);

const endpoints = endpointsOf(gateway.sources, providers, keyFetcher(systemClock));
const dynamo = new DynamoDBClient(clientOptions);
const ports = {
  store: dynamoStore({ client: dynamo, tableName, bodies: bodyRows(dynamo, tableName, s3Blobs(bucketName)) }),
  queue: sqsQueue(new SQSClient(clientOptions), queueUrlBase, gateway.stage),
  clock: systemClock,
  secrets: new SecretCache<SecretSet>({
    store: secretsManager(new SecretsManagerClient(clientOptions), gateway.stage),
    clock: systemClock,
    overlapSeconds: (source) => endpointOf(source).source.secretOverlapSeconds,
    prepare: (source, values) => endpointOf(source).verifier.secrets(values),
  }),
};

/** `POST /webhooks/{source}`. */
export const handler = middy(async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  const delivery = toDelivery(event, systemClock.now());
  const receipt = await receive(delivery, endpoints.get(delivery.source), ports);
  report(delivery, receipt);
  return answer(delivery.source, receipt);
}).onError((request) => {
  // The one place where the unexpected ends: a fault of ours, so the provider is asked to try again.
  log.error('a delivery could not be handled', request.error);
  const source = request.event.pathParameters?.source ?? '';
  emit([{ name: DELIVERY_METRIC.unavailable, value: 1 }], { [DIMENSION.source]: nameOf(source) });
  request.response = answer(source, { receipt: 'unavailable', reason: 'internal' });
});

function answer(source: string, receipt: Receipt): APIGatewayProxyResult {
  const endpoint = endpoints.get(source);
  const acknowledgement = endpoint?.verifier.provider.acknowledge ?? { status: 202 };
  return toResult(answerTo(receipt, acknowledgement, endpoint?.source.maxBodyBytes ?? 0));
}

/** One log line and one metric line a delivery; what anybody can cause without a secret is counted and sampled. */
function report(delivery: Delivery, receipt: Receipt): void {
  const source = nameOf(delivery.source);
  const ms = systemClock.now() - delivery.receivedAt;
  if (receipt.receipt === 'rejected') {
    if (rejections.add(source, receipt.reason)) {
      log.warn('rejected', { source, reason: receipt.reason, ip: delivery.sourceIp, ms });
    }
  } else {
    const event = 'event' in receipt ? receipt.event : undefined;
    log.info(receipt.receipt, {
      source,
      ...(event && { key: event.key, type: event.type, ...(event.route !== undefined && { route: event.route }) }),
      ...('via' in receipt && { via: receipt.via }),
      ...('sameBody' in receipt && !receipt.sameBody && { sameBody: false }),
      ...('reason' in receipt && { reason: receipt.reason }),
      ms,
    });
    emit([{ name: DELIVERY_METRIC[receipt.receipt], value: 1 }], { [DIMENSION.source]: source });
    if (event && event.secretIndex > 0) {
      emit([{ name: SECRET_VERSION_METRIC, value: 1 }], {
        [DIMENSION.source]: source,
        [DIMENSION.version]: 'previous',
      });
    }
  }
  for (const { source: name, reason, count } of rejections.due()) {
    emit(
      [{ name: DELIVERY_METRIC.rejected, value: count }],
      { [DIMENSION.source]: name },
      { [DIMENSION.source]: name, [DIMENSION.reason]: reason },
    );
  }
}

/** Names in metrics and logs come from the configuration only: a stranger must not be able to make them up. */
function nameOf(source: string): string {
  return endpoints.has(source) ? source : 'unknown';
}

function endpointOf(source: string) {
  const endpoint = endpoints.get(source);
  if (!endpoint) throw new Error(`There is no source ${source}.`);
  return endpoint;
}
