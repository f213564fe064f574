import { AwsError } from './aws/error.ts';
import { jsonClient, type JsonClient } from './aws/json-client.ts';
import type { Json } from './aws/json-server.ts';
import type { Endpoints } from './services.ts';
import type { Desired } from './template/desired.ts';

/** Makes what the template asks for and is not there; what is there keeps its data and takes the template's settings. */
export async function provision(desired: Desired, endpoints: Endpoints): Promise<void> {
  const dynamodb = jsonClient(endpoints.dynamodb, 'DynamoDB_20120810');
  const sqs = jsonClient(endpoints.sqs, 'AmazonSQS');
  const secrets = jsonClient(endpoints.secretsmanager, 'secretsmanager');
  try {
    await Promise.all([
      ...desired.tables.map((table) => provisionTable(dynamodb, table)),
      ...desired.queues.map((queue) => provisionQueue(sqs, queue)),
      ...desired.buckets.map(({ name }) => provisionBucket(endpoints.s3, name)),
    ]);
    for (const secret of desired.secrets) await provisionSecret(secrets, secret);
    for (const { secretArn, functionArn, everyDays, immediately } of desired.rotations) {
      await secrets.call('RotateSecret', {
        SecretId: secretArn,
        RotationLambdaARN: functionArn,
        RotationRules: { AutomaticallyAfterDays: everyDays },
        RotateImmediately: immediately,
      });
    }
  } finally {
    for (const client of [dynamodb, sqs, secrets]) client.close();
  }
}

async function provisionTable(dynamodb: JsonClient, { create, timeToLive }: Desired['tables'][number]): Promise<void> {
  const TableName = create['TableName'];
  await dynamodb.call('CreateTable', create).catch(async (error: unknown) => {
    if (!isRefusal(error, 'ResourceInUseException')) throw error;
    await addIndexes(dynamodb, create);
  });
  if (timeToLive) await dynamodb.call('UpdateTimeToLive', { TableName, TimeToLiveSpecification: timeToLive });
}

/** CloudFormation adds an index to a table that has data; so does this. */
async function addIndexes(dynamodb: JsonClient, create: Json): Promise<void> {
  const { Table } = await dynamodb.call('DescribeTable', { TableName: create['TableName'] });
  const there = new Set(indexesOf(Table as Json).map(({ IndexName }) => IndexName));
  for (const index of indexesOf(create)) {
    if (there.has(index['IndexName'])) continue;
    await dynamodb.call('UpdateTable', {
      TableName: create['TableName'],
      AttributeDefinitions: create['AttributeDefinitions'],
      GlobalSecondaryIndexUpdates: [{ Create: index }],
    });
  }
}

function indexesOf(table: Json): Json[] {
  const indexes = table['GlobalSecondaryIndexes'];
  return Array.isArray(indexes) ? (indexes as Json[]) : [];
}

async function provisionQueue(sqs: JsonClient, { name, attributes }: Desired['queues'][number]): Promise<void> {
  const { FifoQueue: _, ...settable } = attributes;
  try {
    await sqs.call('CreateQueue', { QueueName: name, Attributes: attributes });
  } catch (error) {
    if (!isRefusal(error, 'QueueNameExists')) throw error;
    const { QueueUrl } = await sqs.call('GetQueueUrl', { QueueName: name });
    await sqs.call('SetQueueAttributes', { QueueUrl, Attributes: settable });
  }
}

async function provisionSecret(secrets: JsonClient, secret: Desired['secrets'][number]): Promise<void> {
  const { name: Name, description: Description } = secret;
  try {
    await secrets.call('DescribeSecret', { SecretId: Name });
  } catch (error) {
    if (!isRefusal(error, 'ResourceNotFoundException')) throw error;
    const value = secret.value();
    await secrets.call('CreateSecret', {
      Name,
      ...(Description !== undefined && { Description }),
      ...(value !== undefined && { SecretString: value }),
    });
  }
}

async function provisionBucket(endpoint: string, name: string): Promise<void> {
  const response = await fetch(`${endpoint}/${name}`, { method: 'PUT' });
  await response.arrayBuffer();
  // 409: it is there already.
  if (!response.ok && response.status !== 409)
    throw new Error(`The bucket ${name} could not be made (${response.status}).`);
}

function isRefusal(error: unknown, code: string): boolean {
  return error instanceof AwsError && error.code === code;
}
