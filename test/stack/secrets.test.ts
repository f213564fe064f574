import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { providers } from '../../lambdas/providers/index.ts';
import { type GatewayConfig, config as shipped, type SourceConfig } from '../../lib/config.ts';
import { load } from '../../lib/load.ts';
import { planOf, processorsDirectory, type Resource, resourcesOf, stackOf } from './stage.ts';

const GITHUB: SourceConfig = {
  name: 'shop',
  provider: 'github',
  allow: { anywhere: true, reason: 'a test' },
  routes: ['scalekit/user-created'],
  secretOverlap: Duration.hours(12),
  rotation: { everyDays: 90, settings: { repository: 'acme/shop', hook: '12345678' }, credential: 'github-hooks' },
};
const grouped = (name: string): SourceConfig => ({
  ...{ name, provider: 'stripe', allow: GITHUB.allow, routes: GITHUB.routes, secretGroup: 'payments' },
});
const withSources = (...sources: SourceConfig[]): GatewayConfig => ({
  ...shipped,
  sources: [...shipped.sources, ...sources],
});

async function problemsOf(source: SourceConfig): Promise<readonly string[]> {
  const config = withSources(source);
  const loaded = await load({ config, stages: ['dev'], providers: [...providers.keys()], processorsDirectory });
  return 'problems' in loaded ? loaded.problems : [];
}

describe('a source whose secret we issue', () => {
  let template: Template;
  beforeAll(async () => {
    template = Template.fromStack(stackOf(await planOf('dev', withSources(GITHUB))));
  });
  const idOf = (type: string, beginning: string): string => {
    const [id] = [...resourcesOf(template, type).keys()].filter((key) => key.startsWith(beginning));
    if (id === undefined) throw new Error(`There is no ${type} ${beginning}.`);
    return id;
  };
  const secretNamed = (name: string): readonly [string, Resource] => {
    const found = [...resourcesOf(template, 'AWS::SecretsManager::Secret')].find(
      ([, { Properties }]) => Properties.Name === name,
    );
    if (!found) throw new Error(`There is no secret ${name}.`);
    return found;
  };

  test('has it rotated by the function on its days, and not at the deployment, when no credential is there', () => {
    const schedules = [...resourcesOf(template, 'AWS::SecretsManager::RotationSchedule').values()];
    expect(schedules.map(({ Properties }) => Properties)).toEqual([
      {
        SecretId: { Ref: secretNamed('hookgate/dev/shop')[0] },
        RotationLambdaARN: { 'Fn::GetAtt': [idOf('AWS::Lambda::Function', 'SecretRotationFunction'), 'Arn'] },
        RotationRules: { AutomaticallyAfterDays: 90 },
        RotateImmediatelyOnUpdate: false,
      },
    ]);
  });

  test('has a secret for the token of the provider’s API, which begins empty', () => {
    const { Properties } = secretNamed('hookgate/dev/credential/github-hooks')[1];
    expect(Properties).not.toHaveProperty('GenerateSecretString');
    expect(Properties).not.toHaveProperty('SecretString');
  });

  test('the function may turn that secret, read the token and ask the verifier, and nothing else', () => {
    const policy = resourcesOf(template, 'AWS::IAM::Policy').get(idOf('AWS::IAM::Policy', 'SecretRotationRole'));
    const { Statement } = policy?.Properties.PolicyDocument as { Statement: { Action: unknown; Resource: unknown }[] };
    const own = Statement.filter(({ Action }) => !/logs:|xray:/.test(JSON.stringify(Action)));
    expect(own.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [
        [
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        { Ref: secretNamed('hookgate/dev/shop')[0] },
      ],
      ['secretsmanager:GetSecretValue', { Ref: secretNamed('hookgate/dev/credential/github-hooks')[0] }],
      ['lambda:InvokeFunction', { 'Fn::GetAtt': [idOf('AWS::Lambda::Function', 'IngestVerifier'), 'Arn'] }],
    ]);
  });

  test('only Secrets Manager of this account may call the function, for that secret', () => {
    const permissions = [...resourcesOf(template, 'AWS::Lambda::Permission').values()].filter(({ Properties }) =>
      JSON.stringify(Properties.FunctionName).includes('SecretRotationFunction'),
    );
    expect(permissions.map(({ Properties }) => Properties)).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: { Ref: idOf('AWS::Lambda::Function', 'SecretRotationFunction') },
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' },
        SourceArn: { Ref: secretNamed('hookgate/dev/shop')[0] },
      },
    ]);
  });

  test('has an alarm for a rotation that fails', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'hookgate-dev-secret-rotation-failed-function',
      MetricName: 'Errors',
      Threshold: 0,
    });
  });
});

test('where no secret is rotated there is no such function, and none may write a secret', async () => {
  const template = Template.fromStack(stackOf(await planOf('dev')));
  expect([...resourcesOf(template, 'AWS::SecretsManager::RotationSchedule').keys()]).toEqual([]);
  expect(JSON.stringify(template.toJSON())).not.toContain('secretsmanager:PutSecretValue');
});

test('the sources of a group share one secret, which begins without an entry, and the verifier may read it', async () => {
  const template = Template.fromStack(stackOf(await planOf('dev', withSources(grouped('eu'), grouped('us')))));
  const secrets = [...resourcesOf(template, 'AWS::SecretsManager::Secret')];
  const [id, group] = secrets.find(([, { Properties }]) => Properties.Name === 'hookgate/dev/group/payments') ?? [];

  expect(secrets).toHaveLength(4);
  expect(group?.Properties.SecretString).toBe('{}');
  const policies = [...resourcesOf(template, 'AWS::IAM::Policy')].find(([key]) => key.startsWith('IngestVerifier'));
  expect(JSON.stringify(policies)).toContain(JSON.stringify({ Ref: id }));
});

test.each<[string, SourceConfig, string]>([
  [
    'a provider that nobody can tell a new secret',
    { ...GITHUB, provider: 'stripe', rotation: { everyDays: 30, credential: 'x' } },
    'there is no lambdas/rotations/stripe.ts that tells Stripe a new secret: add it, or rotate there and run `secret set`.',
  ],
  [
    'a setting that is missing',
    { ...GITHUB, rotation: { everyDays: 30, credential: 'x', settings: { repository: 'acme/shop' } } },
    "gives no rotation.settings.hook: write the webhook's number, which the URL of its settings page ends in.",
  ],
  [
    'an API without TLS',
    {
      ...GITHUB,
      rotation: {
        everyDays: 30,
        credential: 'x',
        settings: { repository: 'acme/shop', hook: '1', api: 'http://github.acme.com/api/v3' },
      },
    },
    "has rotation.settings.api 'http://github.acme.com/api/v3'",
  ],
  [
    'a setting that means nothing',
    {
      ...GITHUB,
      rotation: { everyDays: 30, credential: 'x', settings: { repository: 'a/b', hook: '1', organisation: 'c' } },
    },
    'has rotation.settings.organisation, which github has no use for: remove it.',
  ],
  [
    'no whole days',
    { ...GITHUB, rotation: { ...GITHUB.rotation, credential: 'x', everyDays: 0.5 } },
    'has rotation.everyDays 0.5: give a whole number from 1 to 1000.',
  ],
  [
    'a rotation whose overlap ends before the old secret is done with',
    { ...GITHUB, secretOverlap: Duration.seconds(599) },
    'has a rotation and a secretOverlap of 599 s, so the old secret would end while its deliveries are on their way: give at least 10 minutes.',
  ],
  ['a rotation in a group', { ...GITHUB, secretGroup: 'all' }, 'has both rotation and secretGroup'],
  ['a group for an offered secret', { ...grouped('n'), provider: 'notion' }, 'sends its secret with its first request'],
  ['a group with a slash', { ...grouped('n'), secretGroup: 'a/b' }, "has the secretGroup 'a/b'"],
  ['no overlap', { ...GITHUB, secretOverlap: Duration.seconds(0) }, 'has no secretOverlap'],
])('%s is refused at synthesis, with the mend', async (_, source, problem) => {
  expect((await problemsOf(source)).join('\n')).toContain(problem);
});
