import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { config } from '../../lib/config.ts';
import { planOf, type Resource, resourcesOf, stackOf } from './stage.ts';

/**
 * Controls of Security Hub on the template of `prod`: those of Foundational Security Best Practices about the services
 * that the stack uses, and some of its neighbours. https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html
 */
let template: Template;
let withKey: Template;

beforeAll(async () => {
  template = Template.fromStack(stackOf(await planOf('prod')));
  const prod = { ...config.stages.prod, customerManagedKey: true };
  withKey = Template.fromStack(stackOf(await planOf('prod', { ...config, stages: { ...config.stages, prod } })));
});

/** Each resource of a type; there is at least one, so that nothing passes for being absent. */
function each(type: string, from = template): readonly Resource['Properties'][] {
  const found = [...resourcesOf(from, type).values()].map(({ Properties }) => Properties);
  expect(found.length).toBeGreaterThan(0);
  return found;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

function statements(type: string, from = template): readonly Statement[] {
  return each(type, from).flatMap(
    ({ PolicyDocument }) => (PolicyDocument as { readonly Statement: readonly Statement[] }).Statement,
  );
}

const list = (one: string | readonly string[]) => (typeof one === 'string' ? [one] : one);
const none = (type: string, from = template) => expect(from.findResources(type)).toEqual({});
const isEverybody = (principal: unknown) => JSON.stringify(principal).includes('"*"');

/** Who is let in by the policies of resources of a type, everybody among them? */
function expectNobodyUnknown(type: string, from = template): void {
  const allows = statements(type, from).filter(({ Effect }) => Effect === 'Allow');
  expect(allows.filter(({ Principal, Condition }) => isEverybody(Principal) && Condition === undefined)).toEqual([]);
}

function expectTls(type: string, action: string): void {
  const refused = statements(type).filter(
    ({ Effect, Action, Condition }) =>
      Effect === 'Deny' &&
      list(Action).includes(action) &&
      JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
  );
  expect(refused).toHaveLength(each(type).length);
}

function expectTagged(type: string): void {
  for (const { Tags } of each(type)) {
    expect(Tags).toEqual([
      { Key: 'application', Value: 'hookgate' },
      { Key: 'stage', Value: 'prod' },
    ]);
  }
}

const CONTROLS: Readonly<Record<string, () => void>> = {
  'APIGateway.1': () => {
    for (const { MethodSettings } of each('AWS::ApiGateway::Stage')) {
      const levels = (MethodSettings as { LoggingLevel: string }[]).map(({ LoggingLevel }) => LoggingLevel);
      expect([...new Set(levels)]).toEqual(['ERROR']);
    }
  },
  'APIGateway.2': () => {
    const kinds = each('AWS::ApiGateway::Method').map(({ Integration }) => (Integration as { Type: string }).Type);
    expect([...new Set(kinds)]).toEqual(['AWS_PROXY']);
  },
  'APIGateway.3': () => expect(each('AWS::ApiGateway::Stage').map((stage) => stage.TracingEnabled)).toEqual([true]),
  'APIGateway.4': () =>
    expect(JSON.stringify(each('AWS::WAFv2::WebACLAssociation')[0]?.ResourceArn)).toContain('/restapis/'),
  'APIGateway.5': () => {
    const [stage] = each('AWS::ApiGateway::Stage');
    expect(stage).not.toHaveProperty('CacheClusterEnabled');
    expect(JSON.stringify(stage?.MethodSettings)).not.toContain('Caching');
  },
  'APIGateway.8': () => none('AWS::ApiGatewayV2::Api'),
  'APIGateway.9': () => none('AWS::ApiGatewayV2::Stage'),
  'CloudWatch.15': () => {
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']) {
      for (const { AlarmActions } of each(type)) expect(AlarmActions).toHaveLength(1);
    }
  },
  'CloudWatch.16': () => {
    const days = each('AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays);
    expect([...new Set(days)]).toEqual([30]);
  },
  'CloudWatch.17': () => {
    const off = each('AWS::CloudWatch::Alarm').filter(({ ActionsEnabled }) => ActionsEnabled === false);
    expect(off).toEqual([]);
  },
  'DynamoDB.1': () => {
    const modes = each('AWS::DynamoDB::Table').map(({ BillingMode }) => BillingMode);
    expect([...new Set(modes)]).toEqual(['PAY_PER_REQUEST']);
  },
  'DynamoDB.2': () => {
    for (const table of each('AWS::DynamoDB::Table')) {
      expect(table.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
    }
  },
  'DynamoDB.3': () => none('AWS::DAX::Cluster'),
  'DynamoDB.4': () => none('AWS::Backup::BackupPlan'),
  'DynamoDB.5': () => expectTagged('AWS::DynamoDB::Table'),
  'DynamoDB.6': () => {
    const protectedTables = each('AWS::DynamoDB::Table').map(
      ({ DeletionProtectionEnabled }) => DeletionProtectionEnabled,
    );
    expect([...new Set(protectedTables)]).toEqual([true]);
  },
  'DynamoDB.7': () => none('AWS::DAX::Cluster'),
  'EventBridge.3': () => none('AWS::Events::EventBus'),
  'IAM.1': () => {
    const full = statements('AWS::IAM::Policy').filter(
      ({ Effect, Action, Resource }) => Effect === 'Allow' && list(Action).includes('*') && Resource === '*',
    );
    expect(full).toEqual([]);
  },
  'IAM.21': () => {
    const wild = [...statements('AWS::IAM::Policy'), ...statements('AWS::IAM::ManagedPolicy')].filter(
      ({ Effect, Action }) => Effect === 'Allow' && list(Action).some((action) => /^\w+:\*$/.test(action)),
    );
    expect(wild).toEqual([]);
  },
  'KMS.1': () => {
    const wide = statements('AWS::IAM::ManagedPolicy', withKey).filter(isDecryptOfAll);
    expect(wide).toEqual([]);
  },
  'KMS.2': () => {
    const wide = statements('AWS::IAM::Policy', withKey).filter(isDecryptOfAll);
    expect(wide).toEqual([]);
  },
  'KMS.3': () => {
    const [key] = [...resourcesOf(withKey, 'AWS::KMS::Key').values()];
    expect([key?.DeletionPolicy, key?.UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
  },
  'KMS.4': () => {
    const keys = each('AWS::KMS::Key', withKey).map(({ EnableKeyRotation }) => EnableKeyRotation);
    expect(keys).toEqual([true]);
  },
  'KMS.5': () => {
    const open = each('AWS::KMS::Key', withKey)
      .flatMap(({ KeyPolicy }) => (KeyPolicy as { Statement: readonly Statement[] }).Statement)
      .filter(({ Principal, Condition }) => isEverybody(Principal) && Condition === undefined);
    expect(open).toEqual([]);
  },
  'Lambda.1': () => {
    for (const { Principal, SourceArn } of each('AWS::Lambda::Permission')) {
      expect(JSON.stringify(Principal)).toMatch(/^"[a-z]+\.amazonaws\.com"$/);
      expect(SourceArn).toBeDefined();
    }
    none('AWS::Lambda::Url');
  },
  'Lambda.2': () => {
    const runtimes = each('AWS::Lambda::Function').map(({ Runtime }) => Runtime);
    expect([...new Set(runtimes)]).toEqual(['nodejs24.x']);
  },
  'Lambda.3': () => expect(each('AWS::Lambda::Function').filter((it) => 'VpcConfig' in it)).toEqual([]),
  'Lambda.5': () => expect(each('AWS::Lambda::Function').filter((it) => 'VpcConfig' in it)).toEqual([]),
  'Lambda.6': () => expectTagged('AWS::Lambda::Function'),
  'Lambda.7': () => {
    for (const { TracingConfig } of each('AWS::Lambda::Function')) expect(TracingConfig).toEqual({ Mode: 'Active' });
  },
  'S3.2': () => expectNobodyUnknown('AWS::S3::BucketPolicy'),
  'S3.3': () => expectNobodyUnknown('AWS::S3::BucketPolicy'),
  'S3.5': () => expectTls('AWS::S3::BucketPolicy', 's3:*'),
  'S3.6': () => expect(statements('AWS::S3::BucketPolicy').filter(({ Effect }) => Effect === 'Allow')).toEqual([]),
  'S3.8': () => {
    for (const { PublicAccessBlockConfiguration } of each('AWS::S3::Bucket')) {
      expect(PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
    }
  },
  'S3.9': () => {
    for (const bucket of each('AWS::S3::Bucket')) expect(bucket).not.toHaveProperty('LoggingConfiguration');
  },
  'S3.12': () => {
    for (const bucket of each('AWS::S3::Bucket')) expect(bucket).not.toHaveProperty('AccessControl');
  },
  'S3.13': () => {
    for (const { LifecycleConfiguration } of each('AWS::S3::Bucket')) {
      expect(LifecycleConfiguration).toMatchObject({ Rules: [{ ExpirationInDays: 60, Status: 'Enabled' }, {}] });
    }
  },
  'S3.19': () => none('AWS::S3::AccessPoint'),
  'SecretsManager.1': () => none('AWS::SecretsManager::RotationSchedule'),
  'SecretsManager.2': () => none('AWS::SecretsManager::RotationSchedule'),
  'SecretsManager.3': () => expect(each('AWS::SecretsManager::Secret')).toHaveLength(config.sources.length),
  'SecretsManager.4': () => none('AWS::SecretsManager::RotationSchedule'),
  'SecretsManager.5': () => expectTagged('AWS::SecretsManager::Secret'),
  'SNS.1': () => {
    expect(each('AWS::SNS::Topic').filter((topic) => 'KmsMasterKeyId' in topic)).toEqual([]);
    for (const topic of each('AWS::SNS::Topic', withKey)) expect(topic).toHaveProperty('KmsMasterKeyId');
  },
  'SNS.3': () => expectTagged('AWS::SNS::Topic'),
  'SNS.4': () => expectNobodyUnknown('AWS::SNS::TopicPolicy'),
  'SQS.1': () => {
    for (const { SqsManagedSseEnabled } of each('AWS::SQS::Queue')) expect(SqsManagedSseEnabled).toBe(true);
  },
  'SQS.2': () => expectTagged('AWS::SQS::Queue'),
  'SQS.3': () => {
    expect(statements('AWS::SQS::QueuePolicy').filter(({ Effect }) => Effect === 'Allow')).toEqual([]);
    expectTls('AWS::SQS::QueuePolicy', 'sqs:*');
  },
  'WAF.10': () => {
    for (const { Rules } of each('AWS::WAFv2::WebACL')) expect((Rules as unknown[]).length).toBeGreaterThan(3);
  },
  'WAF.11': () => expect(each('AWS::WAFv2::LoggingConfiguration')).toHaveLength(1),
  'WAF.12': () => {
    for (const { Rules } of each('AWS::WAFv2::WebACL')) {
      const seen = (Rules as { VisibilityConfig: { CloudWatchMetricsEnabled: boolean } }[]).map(
        ({ VisibilityConfig }) => VisibilityConfig.CloudWatchMetricsEnabled,
      );
      expect([...new Set(seen)]).toEqual([true]);
    }
  },
};

function isDecryptOfAll({ Effect, Action, Resource }: Statement): boolean {
  return (
    Effect === 'Allow' &&
    list(Action).some((action) => /^kms:(Decrypt|ReEncrypt\w*|\*)$/.test(action)) &&
    Resource === '*'
  );
}

test.each(Object.entries(CONTROLS))('%s is as docs/controls.md says', (_id, holds) => holds());

const page = readFileSync(resolve(import.meta.dirname, '..', '..', 'docs', 'controls.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| [A-Za-z0-9]+\.\d+ /.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('the page has a row for each control, and each row its test', () => {
  expect(page.map(([, id]) => id)).toEqual(Object.keys(CONTROLS));
});

test.each(page.map(([, id = '', , state = '', how = '']) => [id, state, how] as const))(
  '%s says whether it is met, and how or why not',
  (_id, state, how) => {
    expect(['met', 'exception', 'nothing of the kind']).toContain(state);
    expect(how.length).toBeGreaterThan(10);
  },
);
