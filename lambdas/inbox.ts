import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { bodyRows } from './adapters/dynamodb/body-rows.ts';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoAllowlists } from './adapters/dynamodb/allowlists.ts';
import { dynamoStore } from './adapters/dynamodb/store.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { type InboxCall, requestOf } from './adapters/inbox-call.ts';
import { keyFetcher } from './adapters/key-fetch.ts';
import { createLog } from './adapters/reports/log.ts';
import { s3Blobs } from './adapters/s3-blobs.ts';
import { s3Inbox } from './adapters/s3-inbox.ts';
import { secretsManager } from './adapters/secrets-manager.ts';
import { sqsQueue } from './adapters/sqs-queue.ts';
import { administerInbox } from './core/admin/inbox.ts';
import { publishedAddresses } from './core/addresses/published.ts';
import { endpointsOf } from './core/receive.ts';
import type { SecretSet } from './core/scheme/key.ts';
import { SecretCache } from './core/secrets/secrets.ts';
import type { Answer } from './core/verdict.ts';
import { providers } from './providers/index.ts';
import { queuesSettings, recordsSettings } from './settings.ts';

const gateway = readGateway();
const { tableName, bucketName, listBy } = recordsSettings.fromEnv(process.env);
const { queueUrlBase } = queuesSettings.fromEnv(process.env);
const log = createLog('inbox');

const keys = keyFetcher(systemClock);
const withInbox = gateway.sources.filter(({ inbox }) => inbox);
const endpoints = endpointsOf(withInbox, providers, keys);
const dynamo = new DynamoDBClient(clientOptions);
const secretStore = secretsManager(new SecretsManagerClient(clientOptions), gateway);
const ports = {
  store: dynamoStore({ client: dynamo, tableName, bodies: bodyRows(dynamo, tableName, s3Blobs(bucketName)), listBy }),
  queue: sqsQueue(new SQSClient(clientOptions), queueUrlBase, gateway),
  clock: systemClock,
  published: publishedAddresses(dynamoAllowlists(dynamo, tableName), systemClock, (provider, error) =>
    log.error(`the published addresses of ${provider} could not be read`, error),
  ),
  inbox: s3Inbox(bucketName, clientOptions),
  endpoints,
  keys,
  // The line's own time says when.
  audit: (entry: object) => log.info('inbox release', { ...entry }),
};

/** Called by the admin API. The secrets are read anew each time: one of them has just been mended. */
export const handler = async (call: InboxCall): Promise<Answer> =>
  administerInbox(requestOf(call), {
    ...ports,
    secrets: new SecretCache<SecretSet>({
      store: secretStore,
      clock: systemClock,
      overlapSeconds: (source) => endpointOf(source).source.secretOverlapSeconds,
      rotates: (source) => endpointOf(source).source.rotation !== undefined,
      prepare: (source, values) => endpointOf(source).verifier.secrets(values),
    }),
  });

function endpointOf(source: string) {
  const endpoint = endpoints.get(source);
  if (!endpoint) throw new Error(`There is no source ${source} with an inbox.`);
  return endpoint;
}
