import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { config, type SourceConfig } from '../../lib/config.ts';
import type { Plan, PlannedRoute } from '../../lib/plan.ts';
import { appForTests, planOf, type Resource, stackOf } from './stage.ts';

interface Written {
  readonly bytes: number;
  readonly text: string;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: object;
  readonly Parameters?: object;
}

/** What synthesis leaves: the template of the stage's own stack first, then those of its groups. */
function templatesOf(plan: Plan): readonly [Written, ...Written[]] {
  const app = appForTests();
  stackOf(plan, app);
  app.synth();
  const files = readdirSync(app.outdir).filter((file) => file.endsWith('template.json'));
  const [own, ...nested] = files
    .sort((a, b) => Number(a.includes('.nested.')) - Number(b.includes('.nested.')) || a.localeCompare(b))
    .map((file) => {
      const text = readFileSync(join(app.outdir, file), 'utf8');
      return { ...(JSON.parse(text) as Omit<Written, 'bytes' | 'text'>), bytes: Buffer.byteLength(text), text };
    });
  if (!own) throw new Error('Nothing was synthesised.');
  return [own, ...nested];
}

interface Widget {
  readonly properties: { readonly metrics?: readonly unknown[]; readonly alarms?: readonly unknown[] };
}

const ofType = ({ Resources }: Written, type: string) => Object.values(Resources).filter((it) => it.Type === type);

/** So many sources with a route each, nineteen in a group. */
function manySources(count: number): Promise<Plan> {
  const sources = Array.from({ length: count }, (_, at): SourceConfig => {
    return {
      name: `source-${at}`,
      provider: 'scalekit',
      allow: { cidrs: ['52.206.68.0/24'] },
      routes: ['scalekit/user-created'],
      group: `group-${Math.floor(at / 19)}`,
    };
  });
  return planOf('prod', { ...config, sources });
}

/** Four sources with fifty routes each, twenty in a group whichever source they are of. */
async function manyRoutes(): Promise<Plan> {
  const { sources, ...plan } = await planOf('prod');
  const [source] = sources;
  const [route] = source?.routes ?? [];
  if (!source || !route) throw new Error('The configuration has no route.');
  const routesOf = (first: number) =>
    Array.from({ length: 50 }, (_, at): PlannedRoute => {
      const number = first + at;
      return { ...route, name: `route-${number}`, on: `type.${number}`, group: `routes-${Math.floor(number / 20)}` };
    });
  return {
    ...plan,
    sources: [0, 1, 2, 3].map((at) => ({ ...source, name: `source-${at}`, routes: routesOf(at * 50) })),
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
function expectWithinLimits(templates: readonly Written[]) {
  for (const template of templates) {
    expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500);
    expect(Object.keys(template.Outputs ?? {}).length).toBeLessThanOrEqual(200);
    expect(Object.keys(template.Parameters ?? {}).length).toBeLessThanOrEqual(200);
    expect(template.bytes).toBeLessThanOrEqual(1_000_000);
    // A role's: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    for (const { Properties } of ofType(template, 'AWS::IAM::Policy')) {
      expect(JSON.stringify(Properties.PolicyDocument).length).toBeLessThanOrEqual(10_240);
    }
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
    for (const { Properties } of ofType(template, 'AWS::CloudWatch::Dashboard')) {
      const { widgets } = JSON.parse(bodyOf(Properties.DashboardBody)) as { readonly widgets: readonly Widget[] };
      const metrics = widgets.map(({ properties }) => properties.metrics?.length ?? 0);
      expect(Math.max(...metrics)).toBeLessThanOrEqual(500);
      expect(metrics.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(2_500);
      for (const { properties } of widgets) expect(properties.alarms?.length ?? 0).toBeLessThanOrEqual(100);
    }
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    for (const { Properties } of ofType(template, 'AWS::CloudWatch::CompositeAlarm')) {
      const underlying = JSON.stringify(Properties.AlarmRule).match(/ALARM\(/g) ?? [];
      expect(underlying.length).toBeGreaterThan(0);
      expect(underlying.length).toBeLessThanOrEqual(100);
    }
  }
}

/** A dashboard's body with its references as words. */
function bodyOf(body: unknown): string {
  if (typeof body === 'string') return body;
  const [, parts] = (body as { readonly 'Fn::Join': readonly [string, readonly unknown[]] })['Fn::Join'];
  return parts.map((part) => (typeof part === 'string' ? part : 'reference')).join('');
}

describe('500 sources in 27 groups', () => {
  let own: Written;
  let nested: readonly Written[];
  beforeAll(async () => {
    [own, ...nested] = templatesOf(await manySources(500));
  });

  test('are 28 templates, each within the limits', () => {
    expect(nested).toHaveLength(27);
    expectWithinLimits([own, ...nested]);
  });

  test('each has its secret, its three queues, its function and its mappings, once', () => {
    const count = (type: string) => nested.reduce((sum, template) => sum + ofType(template, type).length, 0);
    expect(count('AWS::SecretsManager::Secret')).toBe(500);
    expect(count('AWS::SQS::Queue')).toBe(1_500);
    expect(count('AWS::Lambda::EventSourceMapping')).toBe(1_000);
    // And the controller of a group's breakers.
    expect(count('AWS::Lambda::Function')).toBe(500 + 27);
    const names = nested.flatMap((template) =>
      ofType(template, 'AWS::SQS::Queue').map(({ Properties }) => Properties.QueueName),
    );
    expect(new Set(names).size).toBe(1_500);
  });

  test('the stage’s own stack is as large as for 19, but for the nested stacks', async () => {
    const [few] = templatesOf(await manySources(19));
    const others = ({ Resources }: Written) =>
      Object.entries(Resources).flatMap(([id, { Type }]) => (Type === 'AWS::CloudFormation::Stack' ? [] : [id]));
    expect(others(own)).toEqual(others(few));
    expect(ofType(own, 'AWS::CloudFormation::Stack')).toHaveLength(27);
    expect(ofType(few, 'AWS::CloudFormation::Stack')).toHaveLength(1);
    expect(ofType(own, 'AWS::ApiGateway::Resource')).toHaveLength(ofType(few, 'AWS::ApiGateway::Resource').length);
  });

  test('the verifier may send to every main queue of the stage and to no other, and read every source’s secret', () => {
    const policy = Object.entries(own.Resources).find(([id]) => id.startsWith('IngestVerifierRoleDefaultPolicy'))?.[1];
    const { Statement } = policy?.Properties.PolicyDocument as { Statement: Readonly<Record<string, unknown>>[] };
    const lines = Statement.flatMap(({ Effect, Action, Resource }) =>
      [Resource].flat().map((resource) => `${String(Effect)} ${String(Action)} ${lastPart(resource)}`),
    );
    expect(lines.filter((line) => /sqs|secretsmanager/.test(line)).sort()).toEqual([
      'Allow secretsmanager:GetSecretValue hookgate/prod/*',
      'Allow sqs:SendMessage hookgate-prod-*',
      'Deny secretsmanager:GetSecretValue hookgate/prod/credential/*',
      'Deny sqs:SendMessage hookgate-prod-*-dead',
      'Deny sqs:SendMessage hookgate-prod-*-dead.fifo',
      'Deny sqs:SendMessage hookgate-prod-*-parked',
      'Deny sqs:SendMessage hookgate-prod-*-parked.fifo',
    ]);
  });
});

const lastPart = (resource: unknown) => /[^:"]+$/.exec(JSON.stringify(resource).replaceAll(/["\]}]+$/g, ''))?.[0] ?? '';

test('200 routes of four sources in ten groups are 11 templates, each within the limits', async () => {
  const [own, ...nested] = templatesOf(await manyRoutes());
  expect(nested).toHaveLength(10);
  expectWithinLimits([own, ...nested]);
  expect(nested.map((template) => ofType(template, 'AWS::SQS::Queue').length)).toEqual(
    Array.from({ length: 10 }, () => 60),
  );
  // The sources themselves are in the stage's own stack.
  expect(ofType(own, 'AWS::SecretsManager::Secret')).toHaveLength(4);
  expect(ofType(own, 'AWS::SQS::Queue')).toEqual([]);
});

test('a source that is added changes no other group', async () => {
  const [, ...before] = templatesOf(await manySources(38));
  const [, ...after] = templatesOf(await manySources(39));
  expect(after).toHaveLength(3);
  expect(after.slice(0, 2).map(({ text }) => text)).toEqual(before.map(({ text }) => text));
});

test('without a group there is no nested stack', async () => {
  const [own, ...nested] = templatesOf(await planOf('prod'));
  expect(nested).toEqual([]);
  expect(ofType(own, 'AWS::CloudFormation::Stack')).toEqual([]);
});

test('the options of a stage hold in its groups too', async () => {
  const plan = await manySources(2);
  const settings = {
    ...plan.settings,
    customerManagedKey: true,
    permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/boundary',
    codeSigningConfigArn: 'arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0123456789abcdef0',
  };
  const [own, group] = templatesOf({ ...plan, settings });
  if (!group) throw new Error('There is no group.');
  expect(ofType(own, 'AWS::KMS::Key')).toHaveLength(1);
  expect(ofType(group, 'AWS::KMS::Key')).toEqual([]);
  const [queue] = ofType(group, 'AWS::SQS::Queue');
  const key = queue?.Properties.KmsMasterKeyId;
  expect(key).toEqual({ Ref: 'referencetohookgateprodDataKey021CF978Arn' });
  for (const [type, count, member] of [
    ['AWS::SQS::Queue', 6, 'KmsMasterKeyId'],
    ['AWS::SecretsManager::Secret', 2, 'KmsKeyId'],
    ['AWS::Logs::LogGroup', 3, 'KmsKeyId'],
  ] as const) {
    expect(ofType(group, type).map(({ Properties }) => Properties[member])).toEqual(
      Array.from({ length: count }, () => key),
    );
  }
  for (const { Properties } of ofType(group, 'AWS::IAM::Role')) {
    expect(Properties.PermissionsBoundary).toBe(settings.permissionsBoundaryArn);
  }
  for (const { Properties } of ofType(group, 'AWS::Lambda::Function')) {
    expect(Properties.CodeSigningConfigArn).toBe(settings.codeSigningConfigArn);
  }
});

test('a grouped source is rotated in its group, which waits for what it needs of the stage’s own stack', async () => {
  const allow = { anywhere: true, reason: 'a test' } as const;
  const routes = ['scalekit/user-created'];
  const rotation = { everyDays: 90, settings: { repository: 'acme/shop', hook: '1' }, credential: 'github-hooks' };
  const sources = [{ name: 'shop', provider: 'github', group: 'eu', allow, routes, rotation }];
  const [own, group] = templatesOf(await planOf('prod', { ...config, sources }));
  if (!group) throw new Error('There is no group.');
  expect(ofType(own, 'AWS::SecretsManager::RotationSchedule')).toEqual([]);
  const [schedule] = ofType(group, 'AWS::SecretsManager::RotationSchedule');
  const [secretId] =
    Object.entries(group.Resources).find(([, { Type }]) => Type === 'AWS::SecretsManager::Secret') ?? [];
  expect(schedule?.Properties.SecretId).toEqual({ Ref: secretId });
  expect(own.text).toContain('secret:hookgate/prod/shop-??????');
});

test('the stage’s gateway-unhealthy rings for the alarms of a group, whose part of it tells nobody', async () => {
  const [own, group] = templatesOf(await manySources(2));
  if (!group) throw new Error('There is no group.');
  const [whole, ...others] = ofType(own, 'AWS::CloudWatch::CompositeAlarm');
  expect(others).toEqual([]);
  expect(whole?.Properties.AlarmActions).toHaveLength(1);
  expect(JSON.stringify(whole?.Properties.AlarmRule)).toContain('Outputs.');
  const [part] = ofType(group, 'AWS::CloudWatch::CompositeAlarm');
  expect(part?.Properties.AlarmName).toBe('hookgate-prod-gateway-unhealthy-group-0-1');
  expect(part?.Properties).not.toHaveProperty('AlarmActions');
  const names = ofType(group, 'AWS::CloudWatch::Alarm').map(({ Properties }) => String(Properties.AlarmName));
  expect(names).toContain('hookgate-prod-parked-source-1-user-created');
  expect(names).toContain('hookgate-prod-outbox-age-source-1');
  // What watches the stage as a whole is in its own stack, once.
  expect(names.filter((name) => !/source-[01]/.test(name))).toEqual([
    'hookgate-prod-function-errors-breaker-controller-group-0',
  ]);
  const ofStage = ofType(own, 'AWS::CloudWatch::Alarm').map(({ Properties }) => String(Properties.AlarmName));
  expect(ofStage).toContain('hookgate-prod-verifier-5xx-api');
  expect(ofStage.filter((name) => name.includes('source-'))).toEqual([]);
});
