import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { toDelivery, toResult } from './adapters/api-gateway.ts';
import { bodyRows } from './adapters/dynamodb/body-rows.ts';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { deliveryReport } from './adapters/reports/delivery-report.ts';
import { dynamoAdmissions } from './adapters/dynamodb/admissions.ts';
import { dynamoAllowlists } from './adapters/dynamodb/allowlists.ts';
import { dynamoStore } from './adapters/dynamodb/store.ts';
import { createEmf } from './adapters/reports/emf.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { keyFetcher } from './adapters/key-fetch.ts';
import { createLog } from './adapters/reports/log.ts';
import { s3Blobs } from './adapters/s3-blobs.ts';
import { ONE_SHORT_TRY, s3Inbox } from './adapters/s3-inbox.ts';
import { secretsManager, SOON } from './adapters/secrets-manager.ts';
import { securityLog } from './adapters/reports/security-log.ts';
import { sqsQueue } from './adapters/sqs-queue.ts';
import { limiter } from './core/admission.ts';
import { inboxKeeper } from './core/inbox/inbox.ts';
import { DELIVERY_METRIC, DIMENSION } from './core/metrics.ts';
import { publishedAddresses } from './core/addresses/published.ts';
import { endpointsOf, receive } from './core/receive.ts';
import { answerTo, type Receipt } from './core/receipt.ts';
import type { SecretSet } from './core/scheme/key.ts';
import { signatureHeaderOf } from './core/scheme/signature-header.ts';
import {
  checkSecret,
  isSecretCheck,
  type SecretCheckAnswer,
  type SecretCheckRequest,
} from './core/secrets/secret-check.ts';
import { SecretCache } from './core/secrets/secrets.ts';
import { providers } from './providers/index.ts';
import { queuesSettings, recordsSettings, securityLogSettings } from './settings.ts';

// Everything here is made once, in the init phase, where Lambda gives the most CPU.
const gateway = readGateway();
const { tableName, bucketName, listBy } = recordsSettings.fromEnv(process.env);
const { queueUrlBase } = queuesSettings.fromEnv(process.env);
const log = createLog('verifier');
const emit = createEmf(gateway.stage);

const endpoints = endpointsOf(gateway.sources, providers, keyFetcher(systemClock));
const dynamo = new DynamoDBClient(clientOptions);
const ports = {
  store: dynamoStore({ client: dynamo, tableName, bodies: bodyRows(dynamo, tableName, s3Blobs(bucketName)), listBy }),
  queue: sqsQueue(new SQSClient(clientOptions), queueUrlBase, gateway),
  clock: systemClock,
  limiter: limiter(dynamoAdmissions(dynamo, tableName), systemClock, (source, error) =>
    log.error(`what ${source} may send could not be counted`, error),
  ),
  published: publishedAddresses(dynamoAllowlists(dynamo, tableName), systemClock, (provider, error) =>
    log.error(`the published addresses of ${provider} could not be read`, error),
  ),
  secrets: new SecretCache<SecretSet>({
    store: secretsManager(new SecretsManagerClient(SOON), gateway),
    clock: systemClock,
    overlapSeconds: (source) => endpointOf(source).source.secretOverlapSeconds,
    rotates: (source) => endpointOf(source).source.rotation !== undefined,
    prepare: (source, values) => endpointOf(source).verifier.secrets(values),
  }),
};

const report = deliveryReport({
  log,
  emit,
  clock: systemClock,
  signatureHeader: (source) => signatureHeaderOf(endpoints.get(source)?.verifier.provider),
  keep: securityLog(securityLogSettings.fromEnv(process.env), (error) =>
    log.error('refused attempts could not be kept', error),
  ),
});

const keepInInbox = inboxKeeper({
  inbox: s3Inbox(bucketName, ONE_SHORT_TRY),
  clock: systemClock,
  random: Math.random,
  providers: new Map(
    [...endpoints.values()].flatMap(({ source, verifier }) => (source.inbox ? [[source.name, verifier.provider]] : [])),
  ),
  failed: (source, error) => log.error(`a rejected delivery could not be kept for ${source}`, error),
});

type Request = APIGatewayProxyEvent | SecretCheckRequest;

/** `POST /webhooks/{source}`; and the question of a rotation, whether its new secret is held. */
export const handler = middy(async (event: Request): Promise<APIGatewayProxyResult | SecretCheckAnswer> => {
  if (isSecretCheck(event)) {
    return { check: await checkSecret(event, endpoints.get(event.secretCheck.source), ports) };
  }
  const delivery = toDelivery(event, systemClock.now());
  const receipt = await receive(delivery, endpoints.get(delivery.source), ports);
  await Promise.all([report(delivery, nameOf(delivery.source), receipt), keepInInbox(delivery, receipt)]);
  return answer(delivery.source, receipt);
}).onError((request) => {
  // The one place where the unexpected ends: a fault of ours, so the provider is asked to try again.
  log.error('a delivery could not be handled', request.error);
  const source = isSecretCheck(request.event) ? '' : (request.event.pathParameters?.source ?? '');
  emit([{ name: DELIVERY_METRIC.unavailable, value: 1 }], { [DIMENSION.source]: nameOf(source) });
  request.response = answer(source, { receipt: 'unavailable', reason: 'internal' });
});

function answer(source: string, receipt: Receipt): APIGatewayProxyResult {
  const endpoint = endpoints.get(source);
  const acknowledgement = endpoint?.verifier.provider.acknowledge ?? { status: 202 };
  return toResult(answerTo(receipt, acknowledgement, endpoint?.source.maxBodyBytes ?? 0));
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
