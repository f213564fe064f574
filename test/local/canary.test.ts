import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { jsonClient } from '../../local/aws/json-client.ts';
import { CANARY, leaksIn, secretsIn } from '../support/canary.ts';
import { leaksOf } from '../support/host.ts';
import { TestServices } from './services.ts';

/** The search that `removeData` makes after each host finds what it is there for. */
const SECRET = 'Zk3vQ8mT1xR7bN5cW9pL2sD6fG4hJ0yA';
const KEY = `whsec_${Buffer.from(CANARY).toString('base64')}`;

test.each<[string, string | Buffer]>([
  ['plain', `{"error":"${SECRET}"}`],
  ['hex', Buffer.from(SECRET).toString('hex')],
  ['HEX', Buffer.from(SECRET).toString('hex').toUpperCase()],
  ['UTF-16', Buffer.from(SECRET, 'utf16le')],
  ['base64 after 0', Buffer.from(`${SECRET}x`).toString('base64')],
  ['base64 after 1', Buffer.from(`"${SECRET}"`).toString('base64')],
  ['base64 after 2', Buffer.from(`x=${SECRET}&y=1`).toString('base64')],
  ['base64url after 1', Buffer.from(`{"ab":"${SECRET}?"}`).toString('base64url')],
])('a secret is found as %s', (form, text) => {
  expect(leaksIn(Buffer.from(text), [SECRET])).toContain(form);
});

test.each<[string, string | Buffer]>([
  ['plain', KEY.slice('whsec_'.length)],
  ['the key', CANARY],
  ['the key in hex', Buffer.from(CANARY).toString('hex')],
  ['URL', `secret=${encodeURIComponent(KEY.slice('whsec_'.length))}`],
])('a key with a prefix is found as %s', (form, text) => {
  expect(leaksIn(Buffer.from(text), secretsIn(KEY))).toContain(form);
});

test('of a group, and of a secret with settings, each part is one', () => {
  const group = JSON.stringify({ eu: { current: { value: SECRET, since: 1 } }, us: { current: { value: 'short' } } });
  expect(secretsIn(group)).toEqual([SECRET]);
  expect(secretsIn(`${SECRET}\napiKey:${KEY}`)).toEqual(expect.arrayContaining([SECRET, KEY]));
});

test('a secret is found in a log, a row, a packed payload, a message, an object and what was printed', async () => {
  const services = new TestServices();
  const { secretsmanager, dynamodb, sqs, s3 } = await services.start();
  const clients = [
    jsonClient(secretsmanager, 'secretsmanager'),
    jsonClient(dynamodb, 'DynamoDB_20120810'),
    jsonClient(sqs, 'AmazonSQS'),
  ] as const;
  const [secrets, rows, queues] = clients;
  await secrets.call('CreateSecret', { Name: 'a', SecretString: SECRET });
  await rows.call('CreateTable', {
    TableName: 'rows',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  const packed = gzipSync(`{"signedWith":"${SECRET}"}`);
  await rows.call('PutItem', { TableName: 'rows', Item: { id: { S: '1' }, error: { S: `bad ${SECRET}` } } });
  await rows.call('PutItem', { TableName: 'rows', Item: { id: { S: '2' }, body: { B: packed.toString('base64') } } });
  const { QueueUrl } = await queues.call('CreateQueue', { QueueName: 'q' });
  await queues.call('SendMessage', { QueueUrl, MessageBody: Buffer.from(SECRET).toString('base64') });
  await fetch(`${s3}/payloads`, { method: 'PUT' });
  expect((await fetch(`${s3}/payloads/a`, { method: 'PUT', body: packed })).status).toBe(200);
  for (const client of clients) client.close();
  await services.kill();
  mkdirSync(join(services.data, 'logs'));
  writeFileSync(join(services.data, 'logs', 'verifier.log'), `{"message":"${SECRET}"}\n`);
  writeFileSync(join(services.data, 'printed.txt'), `hex ${Buffer.from(SECRET).toString('hex')}\n`);

  const found = leaksOf(services.data).trimEnd().split('\n');
  expect(found).toEqual(
    expect.arrayContaining([
      'logs/verifier.log: a secret, as plain',
      'printed.txt: a secret, as hex',
      'a row of a table: a secret, as plain',
      'a payload of a table: a secret, as plain',
      'queues and objects, sqs_messages: a secret, as base64 after 0',
      'queues and objects, s3_objects: a secret, as plain',
    ]),
  );
  expect(found.join()).not.toContain(SECRET);
  await expect(services.end()).rejects.toThrow('Secrets are outside the secret store');
});
