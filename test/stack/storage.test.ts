import { Template } from 'aws-cdk-lib/assertions';
import { planOf, type Resource, resourcesOf, stackOf } from './stage.ts';

let template: Template;
beforeAll(async () => {
  template = Template.fromStack(stackOf(await planOf('prod')));
});

const ROUTES = [
  ['scalekit', 'user-created'],
  ['scalekit', 'user-updated'],
  ['inkress', 'payment-success'],
  ['inkress', 'payment-failed'],
  ['inkress', 'payout-completed'],
  ['skribby', 'status-update'],
] as const;

function queue(name: string): Resource {
  const found = [...resourcesOf(template, 'AWS::SQS::Queue').values()].find((it) => it.Properties.QueueName === name);
  if (!found) throw new Error(`There is no queue ${name}.`);
  return found;
}

function arnOf(name: string): unknown {
  const [id] = [...resourcesOf(template, 'AWS::SQS::Queue')].find(([, it]) => it.Properties.QueueName === name) ?? [];
  return { 'Fn::GetAtt': [id, 'Arn'] };
}

/** As queues name each other where a reference would go in a circle. */
function arnByName(name: string): unknown {
  const parts = ['arn:', { Ref: 'AWS::Partition' }, ':sqs:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }];
  return { 'Fn::Join': ['', [...parts, `:${name}`]] };
}

describe('queues', () => {
  test('there are three for each route and no other', () => {
    template.resourceCountIs('AWS::SQS::Queue', ROUTES.length * 3);
  });

  describe.each(ROUTES)('of %s/%s', (source, route) => {
    const name = `hookgate-prod-${source}-${route}`;

    test('the main queue keeps a message four days, hides it six times the processor’s 30 s, and gives it up after ten', () => {
      expect(queue(name).Properties).toMatchObject({
        VisibilityTimeout: 180,
        MessageRetentionPeriod: 345_600,
        MaximumMessageSize: 1_048_576,
        SqsManagedSseEnabled: true,
        RedrivePolicy: { deadLetterTargetArn: arnOf(`${name}-dead`), maxReceiveCount: 10 },
        RedriveAllowPolicy: { redrivePermission: 'denyAll' },
      });
    });

    test('the dead-letter queue keeps a message ten days, tries it five times, and takes from the main queue only', () => {
      expect(queue(`${name}-dead`).Properties).toMatchObject({
        VisibilityTimeout: 300,
        MessageRetentionPeriod: 864_000,
        MaximumMessageSize: 1_048_576,
        SqsManagedSseEnabled: true,
        RedrivePolicy: { deadLetterTargetArn: arnOf(`${name}-parked`), maxReceiveCount: 5 },
        RedriveAllowPolicy: { redrivePermission: 'byQueue', sourceQueueArns: [arnByName(name)] },
      });
    });

    test('the parked queue keeps a message fourteen days, and takes from the dead-letter queue only', () => {
      const { Properties } = queue(`${name}-parked`);
      expect(Properties).toMatchObject({
        MessageRetentionPeriod: 1_209_600,
        MaximumMessageSize: 1_048_576,
        SqsManagedSseEnabled: true,
        RedriveAllowPolicy: { redrivePermission: 'byQueue', sourceQueueArns: [arnByName(`${name}-dead`)] },
      });
      expect(Properties).not.toHaveProperty('RedrivePolicy');
    });
  });

  test('each refuses whoever comes without TLS, and grants nobody anything by its own policy', () => {
    const policies = [...resourcesOf(template, 'AWS::SQS::QueuePolicy').values()];
    expect(policies).toHaveLength(ROUTES.length * 3);
    for (const { Properties } of policies) {
      expect(Properties.PolicyDocument).toMatchObject({
        Statement: [{ Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
      });
    }
  });
});

describe('tables', () => {
  const tables = () => resourcesOf(template, 'AWS::DynamoDB::Table');
  const ofRecords = () => [...tables()].find(([id]) => id.startsWith('Records'))?.[1];

  test('there is the records’ and one for each name that a processor declares', () => {
    expect([...tables().keys()].map((id) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([
      'ApplicationTablesmeetings',
      'ApplicationTablesorders',
      'ApplicationTablespayouts',
      'ApplicationTablesusers',
      'RecordsTable',
    ]);
  });

  test('the records’ table has the keys, indexes and expiry that the functions use', () => {
    expect(ofRecords()?.Properties).toMatchObject({
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      GlobalSecondaryIndexes: [
        {
          IndexName: 'outbox',
          KeySchema: [
            { AttributeName: 'outbox', KeyType: 'HASH' },
            { AttributeName: 'outboxAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
        {
          IndexName: 'events',
          KeySchema: [
            { AttributeName: 'source', KeyType: 'HASH' },
            { AttributeName: 'receivedAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
        {
          IndexName: 'statuses',
          KeySchema: [
            { AttributeName: 'state', KeyType: 'HASH' },
            { AttributeName: 'receivedAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    });
  });

  test.each(['meetings', 'orders', 'payouts', 'users'])('the table %s has the one key `id`', (name) => {
    const table = [...tables()].find(([id]) => id.startsWith(`ApplicationTables${name}`))?.[1];
    expect(table?.Properties).toMatchObject({
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    });
  });

  test('each is on demand, can be restored to any second, and outlives a deleted stack', () => {
    for (const table of tables().values()) {
      expect(table.Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      });
      expect(table).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    }
  });
});

describe('the bucket of large payloads', () => {
  test('is encrypted, closed to the public, and lets an object go after its record can’t name it any more', () => {
    const [bucket, ...others] = resourcesOf(template, 'AWS::S3::Bucket').values();
    expect(others).toEqual([]);
    expect(bucket?.Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: {
        Rules: [
          { ExpirationInDays: 60, Status: 'Enabled' },
          { ExpirationInDays: 3, Prefix: 'inbox/', Status: 'Enabled' },
        ],
      },
    });
    expect(bucket).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate' });
  });

  test('refuses whoever comes without TLS 1.2', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [
          { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
          { Effect: 'Deny', Action: 's3:*', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } },
        ],
      },
    });
  });
});

describe('secrets', () => {
  test('there is one for each source, under the name by which the verifier asks, with a key that nobody knows', () => {
    const secrets = [...resourcesOf(template, 'AWS::SecretsManager::Secret').values()];
    expect(secrets.map(({ Properties }) => Properties.Name)).toEqual([
      'hookgate/prod/scalekit',
      'hookgate/prod/inkress',
      'hookgate/prod/skribby',
    ]);
    for (const secret of secrets) {
      expect(secret.Properties).toMatchObject({
        GenerateSecretString: { PasswordLength: 32, ExcludePunctuation: true },
      });
      expect(secret).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate' });
    }
  });
});

test('a stage that keeps no data leaves none behind', async () => {
  const local = Template.fromStack(stackOf(await planOf('local')));
  for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret']) {
    for (const resource of resourcesOf(local, type).values()) expect(resource.DeletionPolicy).toBe('Delete');
  }
  local.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: false });
});

test('a processor’s timeout is its function’s, and its messages stay hidden for six of them', async () => {
  const plan = await planOf('prod');
  const slow = {
    ...plan,
    sources: plan.sources.map((source) => ({
      ...source,
      routes: source.routes.map((route) => ({ ...route, timeoutSeconds: 60 })),
    })),
  };
  const queues = [...resourcesOf(Template.fromStack(stackOf(slow)), 'AWS::SQS::Queue').values()];
  const hidden = (name: RegExp) =>
    queues
      .filter(({ Properties }) => name.test(String(Properties.QueueName)))
      .map(({ Properties }) => Properties.VisibilityTimeout);
  expect(hidden(/inkress-payment-success(-dead)?$/)).toEqual([360, 360]);
  const functions = [...resourcesOf(Template.fromStack(stackOf(slow)), 'AWS::Lambda::Function').values()];
  const processors = functions.filter(({ Properties }) => /^Runs /.test(String(Properties.Description)));
  expect(new Set(processors.map(({ Properties }) => Properties.Timeout))).toEqual(new Set([60]));
});
