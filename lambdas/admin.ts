import middy from '@middy/core';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { toResult } from './adapters/api-gateway.ts';
import { bodyRows } from './adapters/dynamodb/body-rows.ts';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { cloudWatchAlarms } from './adapters/cloudwatch-alarms.ts';
import { cloudWatchMetrics } from './adapters/cloudwatch-metrics.ts';
import { dynamoAllowlists } from './adapters/dynamodb/allowlists.ts';
import { dynamoBreakers } from './adapters/dynamodb/breakers.ts';
import { dynamoLedgerBook } from './adapters/dynamodb/ledger-book.ts';
import { dynamoStore } from './adapters/dynamodb/store.ts';
import { eventHistory } from './adapters/event-history.ts';
import { eventLog } from './adapters/dynamodb/event-log.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { inboxFunction } from './adapters/inbox-call.ts';
import { createLog } from './adapters/reports/log.ts';
import { routeQueues } from './adapters/route-queues.ts';
import { s3Blobs } from './adapters/s3-blobs.ts';
import { oldestMessage } from './adapters/oldest-message.ts';
import { queueDepth, sqsQueue } from './adapters/sqs-queue.ts';
import { administerAlarms } from './core/admin/alarms.ts';
import { administerAllowlists, type AdminAllowlistsPorts } from './core/admin/allowlists.ts';
import { administerHistory } from './core/admin/history.ts';
import { administerLedger } from './core/admin/ledger.ts';
import { type OperationId, OPERATIONS } from './core/admin/operations.ts';
import { administerQueues, type AdminQueuesPorts } from './core/admin/queues.ts';
import { administerRejections } from './core/admin/rejections.ts';
import { operationOf } from './core/admin/router.ts';
import { administerRoutes, type AdminRoutesPorts } from './core/admin/routes.ts';
import { administerSources } from './core/admin/sources.ts';
import { timeoutsOf } from './core/source.ts';
import { administerStats } from './core/admin/stats.ts';
import { administer, type AdminRequest } from './core/admin/admin.ts';
import { openapi } from './core/admin/openapi.ts';
import { problem } from './core/admin/problem.ts';
import type { Answer } from './core/verdict.ts';
import { providers } from './providers/index.ts';
import { inboxSettings, queuesSettings, recordsSettings } from './settings.ts';

const gateway = readGateway();
const sources = gateway.sources.map(({ name }) => name);
const { tableName, bucketName, listBy } = recordsSettings.fromEnv(process.env);
const { queueUrlBase } = queuesSettings.fromEnv(process.env);
const log = createLog('admin');
const client = new DynamoDBClient(clientOptions);
const store = dynamoStore({ client, tableName, bodies: bodyRows(client, tableName, s3Blobs(bucketName)), listBy });
const events = eventLog({ client, tableName, store, clock: systemClock, listBy });
const sqs = new SQSClient(clientOptions);
const cloudWatch = new CloudWatchClient(clientOptions);
const routes: AdminRoutesPorts = {
  breakers: dynamoBreakers(client, tableName),
  clock: systemClock,
  routes: gateway.sources.flatMap(({ name, routes }) => routes.map((route) => `${name}/${route.name}`)),
  waiting: queueDepth(sqs, queueUrlBase, gateway),
  oldestAt: oldestMessage(cloudWatch, gateway, systemClock),
  audit: ({ action, ...entry }) => log.info(action, entry),
};
const replays: Parameters<typeof administer>[3] = {
  store,
  queue: sqsQueue(sqs, queueUrlBase, gateway),
  clock: systemClock,
  routes: new Set(routes.routes),
  // The line's own time says when.
  audit: (entry) => log.info('replay', { ...entry }),
};

// A page of a log that is looked through may take seconds.
const logs = new CloudWatchLogsClient({ ...clientOptions, requestHandler: { requestTimeout: 10_000 } });
const history = { log: events, history: eventHistory(logs, gateway.stage, systemClock), sources };

const ledger = {
  log: events,
  book: dynamoLedgerBook(client, tableName),
  clock: systemClock,
  sources,
  timeoutOf: timeoutsOf(gateway.sources),
};

const queues: AdminQueuesPorts = {
  queues: routeQueues(sqs, queueUrlBase, gateway),
  routes: routes.routes,
  audit: ({ action, ...entry }) => log.info(action, entry),
};

const stats = {
  gateway,
  metrics: cloudWatchMetrics(cloudWatch, gateway.stage),
  clock: systemClock,
};

const allowlists: AdminAllowlistsPorts = {
  allowlists: dynamoAllowlists(client, tableName),
  following: new Map(
    gateway.sources.flatMap(({ name, provider, allow }) =>
      allow?.published
        ? [[name, { provider, published: allow.published, declared: providers.get(provider)?.addresses ?? [] }]]
        : [],
    ),
  ),
  audit: (entry) => log.info('allowlist apply', entry),
};

const inboxSetting = inboxSettings.fromEnv(process.env);
const askInbox = inboxSetting && inboxFunction(inboxSetting.functionName);

const document: Answer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(openapi(OPERATIONS)),
};

/** `/admin/…`, behind IAM authorisation. */
export const handler = middy(async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  const path = (event.pathParameters?.proxy ?? '').split('/').filter((part) => part !== '');
  const query = new Map(
    Object.entries(event.queryStringParameters ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
  const request: AdminRequest = {
    method: event.httpMethod,
    path: path.map(decoded),
    query,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
    // API Gateway has checked the signature. Who calls the host on this machine has none.
    who: event.requestContext.identity.userArn ?? 'local',
  };
  const repeated = Object.entries(event.multiValueQueryStringParameters ?? {}).flatMap(([name, values = []]) =>
    values.length > 1 ? [name] : [],
  );
  const operation = operationOf(request, repeated);
  return toResult(typeof operation === 'string' ? await perform(operation, request) : operation);
}).onError((request) => {
  log.error('an admin request failed', request.error);
  request.response = toResult(problem(503, 'Something failed on our side; it is in the log.', {}));
});

/** What is in the list of operations and not here fails the test that calls each. */
async function perform(id: OperationId, request: AdminRequest): Promise<Answer> {
  switch (id) {
    case 'openapi':
      return document;
    case 'listEvents':
    case 'showEvent':
    case 'replayEvent':
      return administer(request, sources, events, replays);
    case 'showHistory':
      return administerHistory(request, history);
    case 'listRoutes':
    case 'switchRoute':
      return administerRoutes(request, routes);
    case 'listQueues':
    case 'showMove':
    case 'redrive':
    case 'park':
      return administerQueues(request, queues);
    case 'listSources':
      return administerSources(gateway.sources);
    case 'listRejections':
      return administerRejections(request, { sources, metrics: stats.metrics, clock: systemClock });
    case 'listAlarms':
      return administerAlarms(cloudWatchAlarms(cloudWatch, gateway.stage));
    case 'showStatistics':
      return administerStats(request, stats);
    case 'showLedger':
      return administerLedger(request, ledger);
    case 'showAllowlist':
    case 'applyAllowlist':
      return administerAllowlists(request, allowlists);
    case 'listInbox':
    case 'explainInbox':
    case 'releaseInbox':
      if (askInbox) return askInbox(request);
      return problem(404, "No source of this stage has an inbox: inbox: 'on' gives it one.", { field: 'source' });
  }
}

/** API Gateway hands a greedy path over as it was sent; one that does not decode is taken as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
