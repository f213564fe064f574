import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonClient, jsonClient } from '../../local/aws/json-client.ts';
import { removeData, temporaryData, until } from '../support/host.ts';
import { send, signedByScalekit } from '../support/provider.ts';
import { Gateway } from '../support/trial/gateway.ts';

/** One of the stage's own stack, one of each nested stack, and one whose route is in another nested stack than itself. */
const SOURCES = ['own', 'scalekit-0', 'scalekit-1', 'scalekit-2', 'across'];

const data = temporaryData();
let gateway: Gateway;
let dynamodb: JsonClient;
let sqs: JsonClient;

beforeAll(async () => {
  gateway = await Gateway.start(data, 'groups');
  dynamodb = jsonClient(gateway.host.endpoints.dynamodb, 'DynamoDB_20120810');
  sqs = jsonClient(gateway.host.endpoints.sqs, 'AmazonSQS');
});

afterAll(async () => {
  dynamodb?.close();
  sqs?.close();
  await gateway?.stop();
  removeData(data);
});

async function events(): Promise<readonly string[]> {
  const { TableNames } = (await dynamodb.call('ListTables', {})) as { TableNames: string[] };
  const TableName = TableNames.find((name) => name.includes('effects'));
  const { Items } = await dynamodb.call('Scan', { TableName, ConsistentRead: true });
  return (Items as { event: { S: string } }[]).map(({ event }) => event.S).sort();
}

test('what three nested stacks ask for is there, beside the stage’s own', async () => {
  const { QueueUrls } = (await sqs.call('ListQueues', {})) as { QueueUrls: string[] };
  expect(QueueUrls).toHaveLength(37 * 3);
  const folder = join(data, 'assembly', 'cdk.out');
  const { Resources } = JSON.parse(readFileSync(join(folder, 'hookgate-local.template.json'), 'utf8')) as {
    Resources: Record<string, { Type: string }>;
  };
  const types = Object.values(Resources).map(({ Type }) => Type);
  expect(types.filter((type) => type === 'AWS::CloudFormation::Stack')).toHaveLength(3);
  expect(types.filter((type) => type === 'AWS::SQS::Queue')).toHaveLength(3);
});

test('through the front door: each event is taken, handled once, and every call is one that its role allows', async () => {
  const { url } = gateway.host;
  for (const source of SOURCES) {
    const body = JSON.stringify({ id: `evt_${source}`, type: 'user.created', name: source });
    const signed = signedByScalekit(await gateway.secret(source), `evt_${source}`, body);
    const answer = await send({ url }, { ...signed, path: `/webhooks/${source}` });
    expect([source, answer.status]).toEqual([source, 201]);
  }
  let seen: readonly string[] = [];
  await until(
    async () => (seen = await events()).length >= SOURCES.length,
    () => seen.join(' '),
  );
  expect(seen).toEqual([...SOURCES].sort());
  const uses = readFileSync(join(data, 'logs', 'permissions.jsonl'), 'utf8');
  expect(uses).toContain('sqs:SendMessage');
  expect(uses).not.toContain('"allowed":false');
});

test('the secret of one nested source does not open another', async () => {
  const body = JSON.stringify({ id: 'evt_x', type: 'user.created', name: 'x' });
  const signed = signedByScalekit(await gateway.secret('scalekit-0'), 'evt_x', body);
  const answer = await send({ url: gateway.host.url }, { ...signed, path: '/webhooks/scalekit-1' });
  expect(answer.status).toBe(401);
});
