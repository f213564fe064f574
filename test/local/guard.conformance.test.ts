import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import { GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as sqs from '@aws-sdk/client-sqs';
import { Guard } from '../../local/iam/guard.ts';
import type { Rules } from '../../local/iam/rules.ts';
import { readPolicy } from '../../local/iam/statement.ts';
import { startMappingsApi } from '../../local/lambda/mappings-api.ts';
import type { Endpoints } from '../../local/services.ts';
import { CREDENTIALS, TestServices } from './services.ts';

const services = new TestServices();
const folder = mkdtempSync(join(tmpdir(), 'hookgate-test-'));
const file = join(folder, 'permissions.jsonl');
const USER = 'arn:aws:sts::000000000000:assumed-role/reader/reader';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/1234';

/** A function that may read one table, list one bucket and read a queue whose messages it can't decrypt. */
const RULES: Rules = {
  region: 'us-east-1',
  account: '000000000000',
  principals: [
    {
      function: 'Reader',
      roleArn: 'arn:aws:iam::000000000000:role/reader',
      userArn: USER,
      policies: readPolicy(
        {
          Statement: [
            { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: 'arn:aws:dynamodb:*:*:table/records' },
            { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::payloads/*' },
            { Effect: 'Allow', Action: 'sqs:ReceiveMessage', Resource: '*' },
          ],
        },
        'Policy',
      ),
    },
  ],
  resourcePolicies: [
    {
      resourceArn: KEY,
      // Leaves it to the account's roles.
      statements: readPolicy(
        { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', Principal: { AWS: '000000000000' } }] },
        'Key',
      ),
    },
  ],
  keys: [['arn:aws:sqs:us-east-1:000000000000:sealed', KEY]],
};

let endpoints: Endpoints;
/** Settings of the SDK's clients. */
const by = (accessKeyId: string, endpoint: string) => ({
  region: CREDENTIALS.region,
  credentials: { accessKeyId, secretAccessKey: 'local' },
  endpoint,
  maxAttempts: 1,
  forcePathStyle: true,
});

beforeAll(async () => {
  endpoints = await services.start();
  await new dynamodb.DynamoDBClient(by('operator', endpoints.dynamodb)).send(
    new dynamodb.CreateTableCommand({
      TableName: 'records',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await new s3.S3Client(by('operator', endpoints.s3)).send(new s3.CreateBucketCommand({ Bucket: 'payloads' }));
  const queues = new sqs.SQSClient(by('operator', endpoints.sqs));
  await queues.send(new sqs.CreateQueueCommand({ QueueName: 'open' }));
  await queues.send(new sqs.CreateQueueCommand({ QueueName: 'sealed' }));
  await services.bind(RULES, file);
});

afterAll(async () => {
  await services.end();
  rmSync(folder, { recursive: true, force: true });
});

const database = (who = 'Reader') => new dynamodb.DynamoDBClient(by(who, endpoints.dynamodb));
const queues = (who = 'Reader') => new sqs.SQSClient(by(who, endpoints.sqs));
const objects = (who = 'Reader') => new s3.S3Client(by(who, endpoints.s3));
const queue = (name: string) => `${endpoints.sqs}/000000000000/${name}`;
const put = new dynamodb.PutItemCommand({ TableName: 'records', Item: { id: { S: '1' } } });

test('what the role allows is done, and the operator is not asked', async () => {
  await database('operator').send(put);
  await objects('operator').send(new s3.PutObjectCommand({ Bucket: 'payloads', Key: 'there', Body: 'a' }));
  const { Item } = await database().send(
    new dynamodb.GetItemCommand({ TableName: 'records', Key: { id: { S: '1' } } }),
  );
  expect(Item).toEqual({ id: { S: '1' } });
  const { Body } = await objects().send(new s3.GetObjectCommand({ Bucket: 'payloads', Key: 'there' }));
  expect(await Body?.transformToString()).toBe('a');
  expect(await queues().send(new sqs.ReceiveMessageCommand({ QueueUrl: queue('open') }))).not.toHaveProperty(
    'Messages',
  );
});

const denied = (action: string, resource: string, kind = 'identity-based') =>
  `User: ${USER} is not authorized to perform: ${action} on resource: ${resource} because no ${kind} policy allows the ${action} action`;

test.each<[string, () => Promise<unknown>, { name: string; status: number; message: string }]>([
  [
    'DynamoDB',
    () => database().send(put),
    {
      name: 'AccessDeniedException',
      status: 400,
      message: denied('dynamodb:PutItem', 'arn:aws:dynamodb:us-east-1:000000000000:table/records'),
    },
  ],
  [
    'a transaction of DynamoDB, by one of its items',
    () =>
      database().send(
        new dynamodb.TransactWriteItemsCommand({
          TransactItems: [
            { Delete: { TableName: 'records', Key: { id: { S: '1' } } } },
            { ConditionCheck: { TableName: 'records', Key: { id: { S: '2' } }, ConditionExpression: 'a = b' } },
          ],
        }),
      ),
    {
      name: 'AccessDeniedException',
      status: 400,
      message: denied('dynamodb:DeleteItem', 'arn:aws:dynamodb:us-east-1:000000000000:table/records'),
    },
  ],
  [
    'SQS, by the permission for one message',
    () =>
      queues().send(
        new sqs.SendMessageBatchCommand({ QueueUrl: queue('open'), Entries: [{ Id: '1', MessageBody: 'a' }] }),
      ),
    {
      name: 'AccessDenied',
      status: 400,
      message: denied('sqs:SendMessage', 'arn:aws:sqs:us-east-1:000000000000:open'),
    },
  ],
  [
    'SQS, by the key that the role may not use',
    () => queues().send(new sqs.ReceiveMessageCommand({ QueueUrl: queue('sealed') })),
    { name: 'AccessDenied', status: 400, message: denied('kms:Decrypt', KEY) },
  ],
  [
    'Secrets Manager',
    () =>
      new SecretsManagerClient(by('Reader', endpoints.secretsmanager)).send(
        new GetSecretValueCommand({ SecretId: 'hookgate/local/nobody' }),
      ),
    {
      name: 'AccessDeniedException',
      status: 400,
      message: denied('secretsmanager:GetSecretValue', 'hookgate/local/nobody'),
    },
  ],
  [
    'S3',
    () => objects().send(new s3.PutObjectCommand({ Bucket: 'payloads', Key: 'a&b', Body: 'a' })),
    { name: 'AccessDenied', status: 403, message: denied('s3:PutObject', 'arn:aws:s3:::payloads/a&b') },
  ],
  [
    'S3, of an object that is not there, who may not list',
    () => objects().send(new s3.GetObjectCommand({ Bucket: 'payloads', Key: 'gone' })),
    { name: 'AccessDenied', status: 403, message: denied('s3:ListBucket', 'arn:aws:s3:::payloads') },
  ],
])(
  '%s refuses by its own protocol, with the missing action and the resource',
  async (_, call, { name, status, message }) => {
    await expect(call()).rejects.toMatchObject({ name, message, $metadata: { httpStatusCode: status } });
  },
);

test('Lambda refuses likewise', async () => {
  const guard = new Guard();
  guard.bind(RULES, file);
  const prefix = 'arn:aws:lambda:us-east-1:000000000000:event-source-mapping:';
  const nobody = {
    get: (): never => {
      throw new Error('There is no function.');
    },
  };
  const api = await startMappingsApi(new Map(), guard, prefix, nobody);
  const client = new LambdaClient(by('Reader', api.url));
  await expect(client.send(new GetEventSourceMappingCommand({ UUID: 'abc' }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: denied('lambda:GetEventSourceMapping', `${prefix}abc`),
    $metadata: { httpStatusCode: 403 },
  });
  client.destroy();
  await api.close();
});

test('what was used is noted once as it was granted, and what was refused as it was asked for', async () => {
  await database()
    .send(put)
    .catch(() => undefined);
  const lines = readFileSync(file, 'utf8').split('\n');
  const ofTable = lines.filter((line) => line.includes(':GetItem') || line.includes(':PutItem'));
  expect(ofTable.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      function: 'Reader',
      allowed: true,
      action: 'dynamodb:GetItem',
      resource: 'arn:aws:dynamodb:*:*:table/records',
    },
    {
      function: 'Reader',
      allowed: false,
      action: 'dynamodb:PutItem',
      resource: 'arn:aws:dynamodb:us-east-1:000000000000:table/records',
    },
  ]);
});
