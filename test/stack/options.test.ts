import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { config, type StageConfig } from '../../lib/config.ts';
import { load } from '../../lib/load.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { appForTests, planOf, processorsDirectory, resourcesOf, stackOf } from './stage.ts';

/** The shipped stage `prod` with an option. */
async function synthesised(option: Partial<StageConfig>, app = appForTests()): Promise<Template> {
  const plan = await planOf('prod', {
    ...config,
    stages: { prod: { ...config.stages.prod, ...option } },
  });
  return Template.fromStack(stackOf(plan, app));
}

async function problems(option: Partial<StageConfig>): Promise<readonly string[]> {
  const loaded = await load({
    config: { ...config, stages: { prod: { ...config.stages.prod, ...option } } },
    stages: ['prod'],
    providers: [...providers.keys()],
    processorsDirectory,
  });
  return 'problems' in loaded ? loaded.problems : [];
}

const withoutHash = (id: string) => id.replace(/[0-9A-F]{8}$/, '');

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

describe('by default', () => {
  test('there is no key of the stage’s own, no boundary and no code signing', async () => {
    const template = await synthesised({});
    template.resourceCountIs('AWS::KMS::Key', 0);
    for (const { Properties } of resourcesOf(template, 'AWS::IAM::Role').values()) {
      expect(Properties).not.toHaveProperty('PermissionsBoundary');
    }
    for (const { Properties } of resourcesOf(template, 'AWS::Lambda::Function').values()) {
      expect(Properties).not.toHaveProperty('CodeSigningConfigArn');
    }
    expect(JSON.stringify(template.toJSON())).not.toContain('kms:');
  });
});

describe('customerManagedKey', () => {
  let template: Template;
  let key: object;
  beforeAll(async () => {
    template = await synthesised({ customerManagedKey: true });
    const [[id] = ['']] = resourcesOf(template, 'AWS::KMS::Key');
    key = { 'Fn::GetAtt': [id, 'Arn'] };
  });

  /** Where each type names the key. */
  const ENCRYPTED: readonly (readonly [string, number, (key: object) => object])[] = [
    [
      'AWS::DynamoDB::Table',
      5,
      (KMSMasterKeyId) => ({ SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId } }),
    ],
    ['AWS::SQS::Queue', 18, (KmsMasterKeyId) => ({ KmsMasterKeyId })],
    ['AWS::SecretsManager::Secret', 3, (KmsKeyId) => ({ KmsKeyId })],
    ['AWS::SNS::Topic', 1, (KmsMasterKeyId) => ({ KmsMasterKeyId })],
    ['AWS::Logs::LogGroup', 12, (KmsKeyId) => ({ KmsKeyId })],
    [
      'AWS::S3::Bucket',
      1,
      (KMSMasterKeyID) => ({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID } },
          ],
        },
      }),
    ],
  ];
  test.each(ENCRYPTED)('encrypts every %s', (type, least, withKey) => {
    const resources = [...resourcesOf(template, type).values()];
    expect(resources.length).toBeGreaterThanOrEqual(least);
    for (const { Properties } of resources) expect(Properties).toMatchObject(withKey(key));
  });

  test('no queue asks for the key of SQS besides', () => {
    for (const { Properties } of resourcesOf(template, 'AWS::SQS::Queue').values()) {
      expect(Properties).not.toHaveProperty('SqsManagedSseEnabled');
    }
  });

  test('the key is one, turns every year, and outlives the stack as the data does', () => {
    const [resource, ...others] = resourcesOf(template, 'AWS::KMS::Key').values();
    expect(others).toEqual([]);
    expect(resource).toMatchObject({
      Properties: { EnableKeyRotation: true },
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test.each([
    ['BreakersController', ['kms:Decrypt']],
    ['IngestVerifier', ['kms:Decrypt', 'kms:GenerateDataKey']],
    ['InspectAdmin', ['kms:Decrypt', 'kms:GenerateDataKey']],
    ['SweepSweeper', ['kms:Decrypt', 'kms:GenerateDataKey']],
    ['RouteskribbystatusupdateProcessor', ['kms:Decrypt']],
  ])('%s may use the key as its other permissions need it', (id, actions) => {
    const [, policy] =
      [...resourcesOf(template, 'AWS::IAM::Policy')].find(([name]) => withoutHash(name) === `${id}RoleDefaultPolicy`) ??
      [];
    const { Statement } = policy?.Properties.PolicyDocument as { Statement: Statement[] };
    const ofKey = Statement.filter(({ Action }) => JSON.stringify(Action).includes('kms:'));
    expect([...new Set(ofKey.flatMap(({ Action }) => Action))].sort()).toEqual(actions);
    for (const { Resource } of ofKey) expect(Resource).toEqual(key);
  });

  test('those on call may redrive encrypted messages, in the console too', () => {
    const [policy] = resourcesOf(template, 'AWS::IAM::ManagedPolicy').values();
    const { Statement } = policy?.Properties.PolicyDocument as { Statement: Statement[] };
    expect(Statement.at(-1)).toEqual({
      Sid: 'UseKey',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: key,
    });
  });

  test('its policy admits the account’s roles, the logs of this account, alarms on their way to the topic, and nobody else', () => {
    const [resource] = resourcesOf(template, 'AWS::KMS::Key').values();
    const { Statement } = resource?.Properties.KeyPolicy as { Statement: Statement[] };
    const principals = Statement.map(({ Principal }) =>
      JSON.stringify(Principal).replace(/^.*"(AWS|Service)":.*$/, '$1'),
    );
    expect([...new Set(principals)].sort()).toEqual(['AWS', 'Service']);
    const services = Statement.filter(({ Principal }) => JSON.stringify(Principal).includes('"Service"'));
    expect(services).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: { 'Fn::Join': ['', ['logs.', { Ref: 'AWS::Region' }, '.amazonaws.com']] } },
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        Resource: '*',
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': {
              'Fn::Join': [
                '',
                [
                  'arn:',
                  { Ref: 'AWS::Partition' },
                  ':logs:',
                  { Ref: 'AWS::Region' },
                  ':',
                  { Ref: 'AWS::AccountId' },
                  ':log-group:*',
                ],
              ],
            },
          },
        },
      },
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
    const accounts = Statement.filter(({ Principal }) => !JSON.stringify(Principal).includes('"Service"'));
    for (const { Principal } of accounts) {
      expect(Principal).toEqual({
        AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':root']] },
      });
    }
  });

  test('the stack breaks none of the AwsSolutions rules, and CDK finds no fault with it, offline', async () => {
    const outdir = mkdtempSync(join(tmpdir(), 'hookgate-cdk-'));
    const app = new App({ outdir, builtinCloudFormationValidation: true });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    await synthesised({ customerManagedKey: true }, app);
    app.synth();
    const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')) as {
      readonly pluginReports: readonly { readonly violations: readonly unknown[] }[];
    };
    expect(report.pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  });
});

const domain = {
  name: 'hooks.example.com',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012',
};

test.each<[string, Partial<StageConfig>]>([
  ['as shipped', {}],
  ['tls13', { tls: 'tls13', domain }],
  ['mtls', { tls: 'mtls', domain: { ...domain, truststore: 's3://acme-trust/ca.pem' } }],
  ['customerManagedKey', { customerManagedKey: true }],
])(
  '%s: synthesised whole and offline, CDK’s own check of CloudFormation’s schemas finds no fault',
  async (_, option) => {
    const outdir = mkdtempSync(join(tmpdir(), 'hookgate-cdk-'));
    const app = new App({ outdir, builtinCloudFormationValidation: true });
    await synthesised(option, app);
    app.synth();
    const { artifacts } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as {
      readonly artifacts: Readonly<Record<string, { readonly type: string }>>;
    };
    expect(artifacts['hookgate-prod']?.type).toBe('aws:cloudformation:stack');
  },
);

describe('permissionsBoundaryArn', () => {
  const boundary = 'arn:aws:iam::111122223333:policy/boundary';

  test('bounds every role of the stack', async () => {
    const template = await synthesised({ permissionsBoundaryArn: boundary });
    const roles = [...resourcesOf(template, 'AWS::IAM::Role').values()];
    expect(roles.length).toBeGreaterThanOrEqual(10);
    for (const { Properties } of roles) expect(Properties.PermissionsBoundary).toBe(boundary);
  });

  test('must be the ARN of a managed policy', async () => {
    expect(await problems({ permissionsBoundaryArn: boundary })).toEqual([]);
    expect(await problems({ permissionsBoundaryArn: 'boundary' })).toEqual([
      "Stage 'prod' in lib/config.ts has the permissionsBoundaryArn 'boundary', which is no ARN of a managed policy: write it as arn:aws:iam::111122223333:policy/boundary.",
    ]);
  });
});

describe('codeSigningConfigArn', () => {
  const signing = 'arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdef0';

  test('holds for every function', async () => {
    const template = await synthesised({ codeSigningConfigArn: signing });
    const functions = [...resourcesOf(template, 'AWS::Lambda::Function').values()];
    expect(functions.length).toBeGreaterThanOrEqual(10);
    for (const { Properties } of functions) expect(Properties.CodeSigningConfigArn).toBe(signing);
  });

  test('must be the ARN of a code signing configuration', async () => {
    expect(await problems({ codeSigningConfigArn: signing })).toEqual([]);
    expect(await problems({ codeSigningConfigArn: 'csc-1' })).toEqual([
      "Stage 'prod' in lib/config.ts has the codeSigningConfigArn 'csc-1', which is no ARN of a code signing configuration: write it as arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdef0.",
    ]);
  });
});
