import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { sign } from '../lambdas/core/scheme/sign.ts';
import { toDelivery, toResult } from '../lambdas/adapters/api-gateway.ts';
import { bodyRows } from '../lambdas/adapters/dynamodb/body-rows.ts';
import { systemClock } from '../lambdas/adapters/clients.ts';
import { dynamoStore } from '../lambdas/adapters/dynamodb/store.ts';
import { sqsQueue } from '../lambdas/adapters/sqs-queue.ts';
import { endpointsOf, receive } from '../lambdas/core/receive.ts';
import { answerTo } from '../lambdas/core/receipt.ts';
import type { SecretSet } from '../lambdas/core/scheme/key.ts';
import { SecretCache } from '../lambdas/core/secrets/secrets.ts';
import { providers } from '../lambdas/providers/index.ts';
import { compare, type Comparison } from './paired.ts';

/**
 * `npm run bench:forged`: what a bad signature costs us against an accepted webhook, from the event of API Gateway to
 * the answer. The SDK writes and signs its requests, and nothing is sent: with sockets, logs and metrics, which a forgery
 * has none of, an accepted webhook costs more than here.
 */
const MOST = 0.35;
const SECRET = `whsec_${Buffer.from('hookgate-bench-secret-0123456789').toString('base64')}`;
const FORGED = `whsec_${Buffer.from('another-bench-secret-01234567890').toString('base64')}`;
const SIZES = [
  [1024, '1 KiB'],
  [16 * 1024, '16 KiB'],
  [256 * 1024, '256 KiB'],
] as const;

const source = {
  name: 'shop',
  provider: 'standard-webhooks',
  maxBodyBytes: 1024 * 1024,
  secretOverlapSeconds: 0,
  routes: [{ processor: 'shop/any', name: 'any', on: '*' as const }],
};

/** Answers at once, from this process. */
const requestHandler = {
  handle: () =>
    Promise.resolve({
      response: {
        statusCode: 200,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: Readable.from([Buffer.from('{}')]),
      },
    }),
};
const client = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  requestHandler,
} as const;
const dynamo = new DynamoDBClient(client);
const noBlobs = { put: () => Promise.reject(new Error('no blobs')), get: () => Promise.resolve(undefined) };
const [endpoint] = endpointsOf([source], providers).values();
if (!endpoint) throw new Error('no endpoint');
const { verifier } = endpoint;
const version = { id: 'v1', value: SECRET, stage: 'AWSCURRENT', createdAt: 0 } as const;
const ports = {
  store: dynamoStore({ client: dynamo, tableName: 'records', bodies: bodyRows(dynamo, 'records', noBlobs) }),
  // What SQS would answer is made up, so its checksum can't be right.
  queue: sqsQueue(new SQSClient({ ...client, md5: false }), 'https://sqs.us-east-1.amazonaws.com/000000000000', {
    stage: 'bench',
    sources: [source],
  }),
  clock: systemClock,
  secrets: new SecretCache<SecretSet>({
    store: {
      current: () => Promise.resolve(version),
      previous: () => Promise.resolve(undefined),
      pending: () => Promise.resolve(undefined),
      keepFirst: () => Promise.resolve(false),
    },
    clock: systemClock,
    overlapSeconds: () => 0,
    prepare: (_, values) => verifier.secrets(values),
  }),
};

const results: Comparison[] = [];
for (const [size, label] of SIZES) {
  results.push(
    await compare(
      `forged / accepted, ${label}`,
      run(size, FORGED, 401),
      run(size, SECRET, verifier.provider.acknowledge.status),
      size,
      MOST,
    ),
  );
}
for (const { name, ratio, bound, micros } of results) {
  const verdict = ratio <= bound ? 'ok' : 'TOO MUCH';
  process.stdout.write(
    `${name}  ${ratio.toFixed(3)} (at most ${bound.toFixed(2)}), ${micros.toFixed(1)} µs  ${verdict}\n`,
  );
}
process.exitCode = results.some(({ ratio, bound }) => ratio > bound) ? 1 : 0;

/** One webhook from event to answer, which must have that status. */
function run(size: number, secret: string, status: number) {
  const body = Buffer.from(JSON.stringify({ type: 'bench.event', text: 'x'.repeat(size - 40) }));
  const signed = sign(verifier.provider, { body, id: 'msg_1', timestamp: Date.now(), secret });
  if ('unsignable' in signed) throw new Error(signed.unsignable);
  const event = {
    httpMethod: 'POST',
    pathParameters: { source: 'shop' },
    multiValueHeaders: Object.fromEntries(Object.entries(signed.headers).map(([name, value]) => [name, [value]])),
    requestContext: { path: '/webhooks/shop', identity: { sourceIp: '192.0.2.1' } },
    body: body.toString('base64'),
    isBase64Encoded: true,
  } as unknown as APIGatewayProxyEvent;
  return async () => {
    const receipt = await receive(toDelivery(event, Date.now()), endpoint, ports);
    const { statusCode } = toResult(answerTo(receipt, verifier.provider.acknowledge, 0));
    if (statusCode !== status) throw new Error(`answered ${statusCode}, not ${status}`);
  };
}
