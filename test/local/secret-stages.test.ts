import {
  CreateSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Connection } from '../../cli/connection.ts';
import { storedOf } from '../../cli/secret-status.ts';
import { putCurrent, revokePrevious } from '../../cli/secrets.ts';
import { CREDENTIALS, TestServices } from './services.ts';

/** What `secret set`, `revoke` and `status` make of a secret whose rotation has left its label. */
const NAME = 'hookgate/test/shop';
const SOURCE = {
  ...{ name: 'shop', provider: 'github', maxBodyBytes: 1, secretOverlapSeconds: 3600, routes: [] },
  rotation: { everyDays: 30, settings: {}, credential: 'github-hooks' },
};
const services = new TestServices();
let client: SecretsManagerClient;
let connection: Connection;

beforeAll(async () => {
  const { secretsmanager } = await services.start();
  const connect = () => new SecretsManagerClient({ ...CREDENTIALS, endpoint: secretsmanager });
  client = connect();
  const none = () => Promise.reject(new Error('nothing else is called'));
  connection = {
    stage: 'test',
    base: () => '',
    refused: undefined,
    lambda: none,
    secretsManager: () => Promise.resolve(connect()),
    sqs: none,
    cloudWatch: none,
    admin: none,
  };
  const { VersionId: first } = await client.send(new CreateSecretCommand({ Name: NAME, SecretString: 'first' }));
  // A rotation, as its function ends it.
  const { VersionId: second } = await client.send(
    new PutSecretValueCommand({ SecretId: NAME, SecretString: 'second', VersionStages: ['AWSPENDING'] }),
  );
  const move = { SecretId: NAME, VersionStage: 'AWSCURRENT', MoveToVersionId: second, RemoveFromVersionId: first };
  await client.send(new UpdateSecretVersionStageCommand(move));
});
afterAll(async () => {
  client.destroy();
  await services.end();
});

const stages = async () => {
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: NAME }));
  return Object.values(VersionIdsToStages);
};

test('a rotation that has ended is not shown as an open one', async () => {
  expect(await stages()).toEqual([['AWSPREVIOUS'], ['AWSPENDING', 'AWSCURRENT']]);
  const { versions } = await storedOf(connection, SOURCE, Date.now());
  expect(versions.map(({ stage }) => stage)).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
});

test('the secret that another replaces keeps no label of a rotation', async () => {
  await putCurrent(connection, SOURCE, 'third');
  expect(await stages()).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']]);
});

test('one that is revoked has no stage left by which it is accepted', async () => {
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId: NAME }));
  const [second] = Object.entries(VersionIdsToStages).find(([, labels]) => labels.includes('AWSPREVIOUS')) ?? [];
  const label = { SecretId: NAME, VersionStage: 'AWSPENDING', MoveToVersionId: second };
  await client.send(new UpdateSecretVersionStageCommand(label));
  expect(await stages()).toEqual([['AWSPREVIOUS', 'AWSPENDING'], ['AWSCURRENT']]);

  expect(await revokePrevious(connection, SOURCE)).toBe(true);
  expect((await stages()).filter((labels) => labels.length > 0)).toEqual([['AWSCURRENT']]);
  expect(await revokePrevious(connection, SOURCE)).toBe(false);
});

test('a pending secret is shown as accepted for the overlap from its birth', async () => {
  const pending = { SecretId: NAME, SecretString: 'fourth', VersionStages: ['AWSPENDING'] };
  await client.send(new PutSecretValueCommand(pending));
  const shown = async (now: number) =>
    (await storedOf(connection, SOURCE, now)).versions.find(({ stage }) => stage === 'AWSPENDING');

  expect(await shown(Date.now())).toMatchObject({ accepted: true, acceptedUntil: expect.any(String) as string });
  expect(await shown(Date.now() + 3_600_000)).toMatchObject({ accepted: false });
});
