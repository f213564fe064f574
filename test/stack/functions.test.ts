import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mappingsSettings } from '../../lambdas/settings.ts';
import { config } from '../../lib/config.ts';
import { GatewayFunction } from '../../lib/gateway-function.ts';
import { planOf, type Resource, resourcesOf, stackOf } from './stage.ts';

let template: Template;
beforeAll(async () => {
  template = Template.fromStack(stackOf(await planOf('prod')));
});

const PROCESSORS: readonly (readonly [string, string])[] = [
  ['Routescalekitusercreated', 'users'],
  ['Routescalekituserupdated', 'users'],
  ['Routeinkresspaymentsuccess', 'orders'],
  ['Routeinkresspaymentfailed', 'orders'],
  ['Routeinkresspayoutcompleted', 'payouts'],
  ['Routeskribbystatusupdate', 'meetings'],
];
const FUNCTIONS = [
  'BlockingBlocker',
  'BreakersController',
  'IngestVerifier',
  'InspectAdmin',
  'SweepSweeper',
  ...PROCESSORS.map(([id]) => `${id}Processor`),
];

/** CDK ends a logical id with a hash of the path; what comes before is ours. */
const withoutHash = (id: string) => id.replace(/[0-9A-F]{8}$/, '');

function one(type: string, idWithoutHash: string): Resource {
  const [found] = [...resourcesOf(template, type)].filter(([id]) => withoutHash(id) === idWithoutHash);
  if (!found) throw new Error(`There is no ${type} ${idWithoutHash}.`);
  return found[1];
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** What a function may do, as `action on resource`, sorted; resources by our part of their logical id. */
function permissionsOf(id: string): string[] {
  const { Properties } = one('AWS::IAM::Policy', `${id}RoleDefaultPolicy`);
  const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
  return Statement.flatMap(({ Effect, Action, Resource }) =>
    [Action].flat().flatMap((action) => {
      expect(Effect).toBe('Allow');
      return [Resource].flat().map((resource) => `${action} on ${nameOf(resource)}`);
    }),
  ).sort();
}

function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const {
    Ref,
    'Fn::GetAtt': att,
    'Fn::Join': join,
  } = resource as {
    Ref?: string;
    'Fn::GetAtt'?: [string, string];
    'Fn::Join'?: [string, unknown[]];
  };
  if (join) return join[1].map(nameOf).join(join[0]);
  return withoutHash(att?.[0] ?? Ref ?? JSON.stringify(resource));
}

/** What every function may do. */
function common(id: string): string[] {
  return [
    `logs:CreateLogStream on ${id}Logs`,
    `logs:PutLogEvents on ${id}Logs`,
    'xray:PutTelemetryRecords on *',
    'xray:PutTraceSegments on *',
  ];
}

function variablesOf(id: string): string[] {
  const { Environment } = one('AWS::Lambda::Function', `${id}Function`).Properties;
  return Object.keys((Environment as { Variables: object }).Variables).sort();
}

test('there are these functions and no other', () => {
  expect([...resourcesOf(template, 'AWS::Lambda::Function').keys()].map(withoutHash).sort()).toEqual(
    FUNCTIONS.map((id) => `${id}Function`).sort(),
  );
});

test.each(FUNCTIONS)('%s runs on Node 24 and arm64, traced, logging JSON to a group of its own', (id) => {
  const [group] =
    [...resourcesOf(template, 'AWS::Logs::LogGroup')].find(([key]) => withoutHash(key) === `${id}Logs`) ?? [];
  expect(one('AWS::Lambda::Function', `${id}Function`).Properties).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    MemorySize: 512,
    TracingConfig: { Mode: 'Active' },
    LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: group } },
  });
  expect(one('AWS::Logs::LogGroup', `${id}Logs`).Properties).toMatchObject({ RetentionInDays: 30 });
});

test('no function takes concurrency away from the others of the account', () => {
  for (const { Properties } of resourcesOf(template, 'AWS::Lambda::Function').values()) {
    expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
  }
});

test('no role has a policy that AWS or somebody else writes', () => {
  for (const { Properties } of resourcesOf(template, 'AWS::IAM::Role').values()) {
    expect(Properties).not.toHaveProperty('ManagedPolicyArns');
  }
});

test('the verifier may read the secrets, keep an event and queue it, and nothing else', () => {
  expect(permissionsOf('IngestVerifier')).toEqual(
    [
      ...common('IngestVerifier'),
      'dynamodb:ConditionCheckItem on RecordsTable',
      'dynamodb:PutItem on RecordsTable',
      'dynamodb:UpdateItem on RecordsTable',
      'logs:PutLogEvents on arn:AWS::Partition:logs:AWS::Region:AWS::AccountId:log-group:SecurityLogRefused:log-stream:SecurityLogStream',
      's3:PutObject on RecordsPayloads/*',
      'secretsmanager:GetSecretValue on Secretsinkress',
      'secretsmanager:GetSecretValue on Secretsscalekit',
      'secretsmanager:GetSecretValue on Secretsskribby',
      ...PROCESSORS.map(([id]) => `sqs:SendMessage on ${id}Main`),
    ].sort(),
  );
  expect(variablesOf('IngestVerifier')).toEqual([
    'BUCKET_NAME',
    'QUEUE_URL',
    'SECURITY_LOG_GROUP',
    'SECURITY_LOG_STREAM',
    'TABLE_NAME',
  ]);
});

test.each(PROCESSORS)(
  'the processor %s may claim events, read payloads and write %s, and nothing else',
  (id, table) => {
    expect(permissionsOf(`${id}Processor`)).toEqual(
      [
        ...common(`${id}Processor`),
        ...['DeleteItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action} on ApplicationTables${table}`),
        ...['BatchGetItem', 'GetItem', 'UpdateItem'].map((action) => `dynamodb:${action} on RecordsTable`),
        's3:GetObject on RecordsPayloads/*',
        // So that an object that is gone is told from a permission that is.
        's3:ListBucket on RecordsPayloads',
        ...['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'].flatMap((action) => [
          `sqs:${action} on ${id}Dead`,
          `sqs:${action} on ${id}Main`,
        ]),
      ].sort(),
    );
    expect(variablesOf(`${id}Processor`)).toEqual(['BUCKET_NAME', 'QUEUE_URL', 'TABLES', 'TABLE_NAME']);
  },
);

test('the breaker controller may read and change breakers, and the mappings of the processors, and nothing else', () => {
  const mappings = [...resourcesOf(template, 'AWS::Lambda::EventSourceMapping').keys()].map(withoutHash);
  expect(mappings).toHaveLength(12);
  const arn = 'arn:AWS::Partition:lambda:AWS::Region:AWS::AccountId:event-source-mapping:';
  expect(permissionsOf('BreakersController')).toEqual(
    [
      ...common('BreakersController'),
      'dynamodb:GetItem on RecordsTable',
      'dynamodb:UpdateItem on RecordsTable',
      ...mappings.flatMap((mapping) => [
        `lambda:GetEventSourceMapping on ${arn}${mapping}`,
        `lambda:UpdateEventSourceMapping on ${arn}${mapping}`,
      ]),
    ].sort(),
  );
  expect(variablesOf('BreakersController')).toEqual(['BUCKET_NAME', 'MAPPINGS', 'TABLE_NAME']);
});

test('the breaker controller is started every minute and told each route’s concurrency and its two mappings', () => {
  const rules = [...resourcesOf(template, 'AWS::Events::Rule')];
  const [, rule] = rules.find(([id]) => id.startsWith('Breakers')) ?? [];
  expect(rule?.Properties).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
  const { Environment } = one('AWS::Lambda::Function', 'BreakersControllerFunction').Properties;
  const { MAPPINGS } = (Environment as { Variables: { MAPPINGS: unknown } }).Variables;
  const routes = mappingsSettings.fromEnv({ MAPPINGS: nameOf(MAPPINGS) }).routes;
  expect(routes).toHaveLength(6);
  expect(routes[0]).toEqual({
    route: 'scalekit/user-created',
    maximumConcurrency: 2,
    mappings: [
      'RoutescalekitusercreatedProcessorFunctionMessages',
      'RoutescalekitusercreatedProcessorFunctionDeadLetters',
    ].map((name) => expect.stringContaining(name) as string),
  });
});

test('the sweeper may find what is due and queue it, and count records, and nothing else', () => {
  expect(permissionsOf('SweepSweeper')).toEqual(
    [
      ...common('SweepSweeper'),
      ...['BatchGetItem', 'GetItem', 'UpdateItem'].map((action) => `dynamodb:${action} on RecordsTable`),
      ...['events', 'outbox'].map((index) => `dynamodb:Query on RecordsTable/index/${index}`),
      ...PROCESSORS.map(([id]) => `sqs:SendMessage on ${id}Main`),
    ].sort(),
  );
  expect(variablesOf('SweepSweeper')).toEqual(['BUCKET_NAME', 'QUEUE_URL', 'TABLE_NAME']);
});

test('the admin API may read records and no payload, read its history in the stage’s own logs, let it run again, pause routes, count what waits and move it', () => {
  expect(permissionsOf('InspectAdmin')).toEqual(
    [
      ...common('InspectAdmin'),
      'cloudwatch:DescribeAlarms on *',
      'cloudwatch:GetMetricData on *',
      'logs:FilterLogEvents on arn:AWS::Partition:logs:AWS::Region:AWS::AccountId:log-group:/hookgate/prod/*:*',
      'dynamodb:BatchGetItem on RecordsTable',
      'dynamodb:GetItem on RecordsTable',
      'dynamodb:Query on RecordsTable',
      'dynamodb:Query on RecordsTable/index/events',
      'dynamodb:Query on RecordsTable/index/statuses',
      'dynamodb:UpdateItem on RecordsTable',
      ...PROCESSORS.flatMap(([id]) => [
        ...['GetQueueAttributes', 'SendMessage'].map((action) => `sqs:${action} on ${id}Main`),
        ...['Dead', 'Parked'].flatMap((hop) =>
          ['DeleteMessage', 'GetQueueAttributes', 'ListMessageMoveTasks', 'ReceiveMessage', 'StartMessageMoveTask'].map(
            (action) => `sqs:${action} on ${id}${hop}`,
          ),
        ),
        `sqs:SendMessage on ${id}Parked`,
      ]),
    ].sort(),
  );
  expect(variablesOf('InspectAdmin')).toEqual(['BUCKET_NAME', 'QUEUE_URL', 'TABLE_NAME']);
});

test.each(PROCESSORS)(
  'the processor %s is fed by its queue and its dead letters, each message failing by itself',
  (id) => {
    const mappings = [...resourcesOf(template, 'AWS::Lambda::EventSourceMapping')].filter(([key]) =>
      key.startsWith(id),
    );
    expect(mappings.map(([, { Properties }]) => nameOf(Properties.EventSourceArn)).sort()).toEqual([
      `${id}Dead`,
      `${id}Main`,
    ]);
    for (const [, { Properties }] of mappings) {
      expect(Properties).toMatchObject({
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
      });
    }
    expect(one('AWS::Lambda::Function', `${id}ProcessorFunction`).Properties.Timeout).toBe(30);
  },
);

test('a route may run more batches at once than the others, and of dead letters two all the same', async () => {
  const plan = await planOf('prod', {
    ...config,
    sources: config.sources.map((source) =>
      source.name === 'scalekit'
        ? { ...source, routes: [{ processor: 'scalekit/user-created', maximumConcurrency: 20 }] }
        : source,
    ),
  });
  const mappings = resourcesOf(Template.fromStack(stackOf(plan)), 'AWS::Lambda::EventSourceMapping');
  for (const [id, { Properties }] of mappings) {
    const isDead = nameOf(Properties.EventSourceArn).endsWith('Dead');
    const expected = id.startsWith('Routescalekitusercreated') && !isDead ? 20 : 2;
    expect(Properties.ScalingConfig).toEqual({ MaximumConcurrency: expected });
  }
});

test('the sweeper starts every minute, and a failed start is left to the next minute', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [{ RetryPolicy: { MaximumRetryAttempts: 0 } }],
  });
});

describe('a function’s environment', () => {
  function functionWith(environment: Readonly<Record<string, string>>): GatewayFunction {
    const bundle = mkdtempSync(join(tmpdir(), 'hookgate-bundle-'));
    writeFileSync(join(bundle, 'index.js'), '');
    const it = new GatewayFunction(new Stack(new App(), 'stack'), 'Busy', {
      settings: { ...config.stages.local, logRetention: RetentionDays.ONE_DAY },
      description: 'Knows much.',
      bundle,
      timeout: Duration.seconds(1),
    });
    it.tell(environment);
    return it;
  }

  test('of 4 KB in all, names and values, can be deployed', () => {
    expect(functionWith({ NAME: 'x'.repeat(4096 - 'NAME'.length) }).node.validate()).toEqual([]);
  });

  test('of a byte more is refused with the function’s name and the mend', () => {
    expect(functionWith({ NAME: 'x'.repeat(4097 - 'NAME'.length) }).node.validate()).toEqual([
      'The function stack/Busy/Function would have 4097 bytes of environment where Lambda allows 4096: let its processor name fewer tables, or put what grew in lambdas/settings.ts into gateway.json.',
    ]);
  });
});
