import * as sdk from '@aws-sdk/client-secrets-manager';
import { CREDENTIALS, eventually, TestServices } from './services.ts';

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
});
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

test('a pending value becomes current when its stage is moved, and keeps the label of a pending one', async () => {
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
  expect(Versions?.map(({ VersionStages }) => VersionStages)).toEqual([['AWSPREVIOUS'], ['AWSPENDING', 'AWSCURRENT']]);
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

describe('a rotation', () => {
  const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:rotation';
  const steps: unknown[] = [];
  /** What the function does at each step; a message makes it fail. */
  let work: (step: string, token: string) => Promise<string | undefined> = () => Promise.resolve(undefined);

  beforeAll(() => {
    services.invokeBy((functionArn, event) => {
      const { Step, SecretId, ClientRequestToken } = JSON.parse(event) as Record<string, string>;
      steps.push([functionArn, SecretId?.slice(0, -7), Step]);
      return work(Step ?? '', ClientRequestToken ?? '');
    });
  });

  const rotate = (SecretId: string, ClientRequestToken?: string) =>
    secrets.send(new sdk.RotateSecretCommand({ SecretId, ClientRequestToken }));
  const configure = (SecretId: string) =>
    secrets.send(
      new sdk.RotateSecretCommand({
        SecretId,
        RotationLambdaARN: FUNCTION,
        RotationRules: { AutomaticallyAfterDays: 30 },
        RotateImmediately: false,
      }),
    );
  const describeSecret = (SecretId: string) => secrets.send(new sdk.DescribeSecretCommand({ SecretId }));

  test('runs its function’s four steps, which make the new version current', async () => {
    await create('turning', 'old');
    await configure('turning');
    work = async (step, token) => {
      const version = { SecretId: 'turning', VersionId: token };
      if (step === 'createSecret') {
        await expect(valueOf({ ...version, VersionStage: 'AWSPENDING' })).rejects.toMatchObject({
          name: 'ResourceNotFoundException',
        });
        await secrets.send(
          new sdk.PutSecretValueCommand({
            SecretId: 'turning',
            ClientRequestToken: token,
            SecretString: 'new',
            VersionStages: ['AWSPENDING'],
          }),
        );
      }
      if (step === 'finishSecret') {
        const { VersionIdsToStages = {} } = await describeSecret('turning');
        const [before] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT')) ?? [];
        await secrets.send(
          new sdk.UpdateSecretVersionStageCommand({
            SecretId: 'turning',
            VersionStage: 'AWSCURRENT',
            MoveToVersionId: token,
            RemoveFromVersionId: before,
          }),
        );
      }
      return undefined;
    };
    const { VersionId } = await rotate('turning');
    await eventually(async () => (await describeSecret('turning')).LastRotatedDate);

    const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:turning';
    expect(steps).toEqual(
      ['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((step) => [FUNCTION, arn, step]),
    );
    expect(await valueOf({ SecretId: 'turning', VersionId })).toBe('new');
    expect(await valueOf({ SecretId: 'turning' })).toBe('new');
    expect(await valueOf({ SecretId: 'turning', VersionStage: 'AWSPREVIOUS' })).toBe('old');
    expect(await describeSecret('turning')).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: FUNCTION,
      RotationRules: { AutomaticallyAfterDays: 30 },
    });
  });

  test('that failed stays open; another is refused, and the open one tried again', async () => {
    await create('stuck', 'old');
    await configure('stuck');
    let tries = 0;
    work = (step) => Promise.resolve(step === 'createSecret' && ++tries > 0 ? 'the provider is down' : undefined);
    const { VersionId = '' } = await rotate('stuck');
    await eventually(() => tries === 1);

    expect(await valueOf({ SecretId: 'stuck' })).toBe('old');
    expect((await describeSecret('stuck')).VersionIdsToStages).toMatchObject({ [VersionId]: ['AWSPENDING'] });
    await eventually(() => rotate('stuck').catch((error: Error) => error.name === 'InvalidRequestException'));
    await eventually(() => tries === 2);
  });

  test('of a secret without a function is refused', async () => {
    await create('still', 'one');
    await expect(rotate('still')).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });
});

test('everything is there after a crash', async () => {
  await create('kept', 'one');
  await change('kept', 'two');
  secrets = connect((await services.restart()).secretsmanager);
  expect(await valueOf({ SecretId: 'kept' })).toBe('two');
  expect(await valueOf({ SecretId: 'kept', VersionStage: 'AWSPREVIOUS' })).toBe('one');
});
