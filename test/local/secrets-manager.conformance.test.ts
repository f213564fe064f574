import * as sdk from '@aws-sdk/client-secrets-manager';
import { CREDENTIALS, TestServices } from './services.ts';

const services = new TestServices();
let secrets: sdk.SecretsManagerClient;

const connect = (endpoint: string) => new sdk.SecretsManagerClient({ ...CREDENTIALS, endpoint });
const valueOf = async (input: sdk.GetSecretValueCommandInput) =>
  (await secrets.send(new sdk.GetSecretValueCommand(input))).SecretString;
const create = (Name: string, SecretString: string) =>
  secrets.send(new sdk.CreateSecretCommand({ Name, SecretString }));
const change = (SecretId: string, SecretString: string, VersionStages?: string[]) =>
  secrets.send(new sdk.PutSecretValueCommand({ SecretId, SecretString, ...(VersionStages && { VersionStages }) }));

beforeAll(async () => {
  secrets = connect((await services.start()).secretsmanager);
}, 60_000);
afterAll(() => services.end());

test('a secret is found by name, by ARN, and by ARN without its random end', async () => {
  const { ARN = '' } = await create('a/b', 'one');
  expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:a\/b-[A-Za-z0-9]{6}$/);
  for (const SecretId of ['a/b', ARN, ARN.slice(0, -7)]) expect(await valueOf({ SecretId })).toBe('one');
});

test('a new value is current, and the one before it previous', async () => {
  await create('turned', 'one');
  await change('turned', 'two');
  await change('turned', 'three');
  expect(await valueOf({ SecretId: 'turned' })).toBe('three');
  expect(await valueOf({ SecretId: 'turned', VersionStage: 'AWSPREVIOUS' })).toBe('two');
});

test('a pending value becomes current when its stage is moved', async () => {
  const { VersionId: before } = await create('rotated', 'old');
  const { VersionId: pending } = await change('rotated', 'new', ['AWSPENDING']);
  expect(await valueOf({ SecretId: 'rotated' })).toBe('old');
  await secrets.send(
    new sdk.UpdateSecretVersionStageCommand({
      SecretId: 'rotated',
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: pending,
      RemoveFromVersionId: before,
    }),
  );
  expect(await valueOf({ SecretId: 'rotated' })).toBe('new');
  expect(await valueOf({ SecretId: 'rotated', VersionId: before })).toBe('old');
  const { Versions } = await secrets.send(new sdk.ListSecretVersionIdsCommand({ SecretId: 'rotated' }));
  expect(Versions?.map(({ VersionStages }) => VersionStages)).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']]);
});

test('a version knows when it was made', async () => {
  const from = Date.now();
  await create('dated', 'one');
  const { CreatedDate } = await secrets.send(new sdk.GetSecretValueCommand({ SecretId: 'dated' }));
  expect(CreatedDate?.getTime()).toBeGreaterThanOrEqual(from - 1);
  expect(CreatedDate?.getTime()).toBeLessThanOrEqual(Date.now());
});

test.each([
  ['a secret that is not there', () => valueOf({ SecretId: 'nothing' }), 'ResourceNotFoundException'],
  [
    'a stage that no version has',
    () => valueOf({ SecretId: 'a/b', VersionStage: 'AWSPENDING' }),
    'ResourceNotFoundException',
  ],
  ['a name that is taken', () => create('a/b', 'again'), 'ResourceExistsException'],
  ['a name with a space', () => create('a b', 'x'), 'ValidationException'],
])('%s is refused by its name', async (_, ask, name) => {
  await expect(ask()).rejects.toMatchObject({ name });
});

test('everything is there after a crash', async () => {
  await create('kept', 'one');
  await change('kept', 'two');
  secrets = connect((await services.restart()).secretsmanager);
  expect(await valueOf({ SecretId: 'kept' })).toBe('two');
  expect(await valueOf({ SecretId: 'kept', VersionStage: 'AWSPREVIOUS' })).toBe('one');
});
