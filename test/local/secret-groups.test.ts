import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { changeGroup, readGroup } from '../../cli/secret-group.ts';
import { secretsManager } from '../../lambdas/adapters/secrets-manager.ts';
import { withCurrent, withoutPrevious } from '../../lambdas/core/secrets/secret-group.ts';
import { CREDENTIALS, TestServices } from './services.ts';

const GROUP = 'hookgate/test/group/payments';
const NOON = Date.UTC(2026, 10, 22, 12);
const services = new TestServices();
let client: SecretsManagerClient;

beforeAll(async () => {
  const { secretsmanager } = await services.start();
  client = new SecretsManagerClient({ ...CREDENTIALS, endpoint: secretsmanager });
  await client.send(new CreateSecretCommand({ Name: GROUP, SecretString: '{}' }));
});
afterAll(async () => {
  client.destroy();
  await services.end();
});

const sources = ['eu', 'us', 'uk', 'jp'].map((name) => ({
  ...{ name, provider: 'stripe', maxBodyBytes: 1, secretOverlapSeconds: 3600, secretGroup: 'payments', routes: [] },
}));
const store = () => secretsManager(client, { stage: 'test', sources });
const set = (source: string, value: string, at: number) =>
  changeGroup(client, GROUP, (group) => withCurrent(group, source, value, at));

test('a source without an entry has no secret', async () => {
  expect(await store().current('eu')).toBeUndefined();
  expect(await store().previous('eu')).toBeUndefined();
});

test('a change of one source does not touch the overlap of another', async () => {
  await set('eu', 'eu-1', NOON);
  await set('eu', 'eu-2', NOON + 1_000);
  await set('us', 'us-1', NOON + 2_000);
  await set('us', 'us-2', NOON + 3_000);

  expect(await store().current('eu')).toMatchObject({ value: 'eu-2', stage: 'AWSCURRENT', createdAt: NOON + 1_000 });
  expect(await store().previous('eu')).toMatchObject({ value: 'eu-1', stage: 'AWSPREVIOUS' });
  expect(await store().pending('eu')).toBeUndefined();
});

test('a revoked one is gone for its source alone', async () => {
  await changeGroup(client, GROUP, (group) => withoutPrevious(group, 'eu'));
  expect(await store().previous('eu')).toBeUndefined();
  expect(await store().previous('us')).toMatchObject({ value: 'us-1' });
});

test('changes at the same time are all kept', async () => {
  await Promise.all(sources.map(({ name }) => set(name, `${name}-latest`, NOON)));
  const { group } = await readGroup(client, GROUP);
  expect(Object.entries(group).map(([name, { current }]) => [name, current])).toEqual(
    expect.arrayContaining(sources.map(({ name }) => [name, `${name}-latest`])),
  );
});
