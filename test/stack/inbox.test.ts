import { Template } from 'aws-cdk-lib/assertions';
import { sharedFunctions } from '../../lib/bundle.ts';
import { config, type GatewayConfig } from '../../lib/config.ts';
import { gatewayOf } from '../../lib/plan.ts';
import { planOf, type Resource, resourcesOf, stackOf } from './stage.ts';

const WITH_INBOX: GatewayConfig = {
  ...config,
  sources: config.sources.map((source) => (source.name === 'scalekit' ? { ...source, inbox: 'on' } : source)),
};

let template: Template;
beforeAll(async () => {
  template = Template.fromStack(stackOf(await planOf('prod', WITH_INBOX)));
});

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

function statementsOf(role: RegExp): readonly Statement[] {
  const found = [...resourcesOf(template, 'AWS::IAM::Policy')].find(([id]) => role.test(id));
  if (!found) throw new Error(`There is no policy ${role.source}.`);
  return (found[1].Properties.PolicyDocument as { Statement: Statement[] }).Statement;
}

function only(type: string, id: RegExp): readonly [id: string, resource: Resource] {
  const found = [...resourcesOf(template, type)].filter(([logicalId]) => id.test(logicalId));
  const [one, ...more] = found;
  if (!one || more.length > 0) throw new Error(`There are ${found.length} of ${type} ${id.source}.`);
  return one;
}

const bucketArn = () => ({ 'Fn::GetAtt': [only('AWS::S3::Bucket', /^RecordsPayloads/)[0], 'Arn'] });

test('a stage without an inbox has no function for it, and its admin API may invoke none', async () => {
  const plan = await planOf('prod');
  expect(sharedFunctions(plan)).not.toContain('inbox');
  const without = Template.fromStack(stackOf(plan));
  expect([...resourcesOf(without, 'AWS::Lambda::Function').keys()].filter((id) => id.includes('Inbox'))).toEqual([]);
  expect(JSON.stringify(without.toJSON())).not.toContain('INBOX_FUNCTION');
});

test('the functions know of which source the inbox is on', async () => {
  const { sources } = gatewayOf(await planOf('prod', WITH_INBOX));
  expect(sources.map(({ name, inbox }) => [name, inbox])).toEqual([
    ['scalekit', true],
    ['inkress', undefined],
    ['skribby', undefined],
  ]);
});

test('what is kept is deleted after three days, and payloads after sixty', () => {
  expect(only('AWS::S3::Bucket', /^RecordsPayloads/)[1].Properties.LifecycleConfiguration).toEqual({
    Rules: [
      { ExpirationInDays: 60, Status: 'Enabled' },
      { ExpirationInDays: 3, Prefix: 'inbox/', Status: 'Enabled' },
    ],
  });
});

test('its function reads and removes what is kept, and what else is in the bucket it can only add to', () => {
  const ofS3 = statementsOf(/^RejectedInboxRole/).filter(({ Action }) =>
    [Action].flat().some((one) => one.startsWith('s3:')),
  );
  expect(ofS3).toEqual([
    {
      Action: ['s3:GetObject', 's3:DeleteObject'],
      Effect: 'Allow',
      Resource: { 'Fn::Join': ['', [bucketArn(), '/inbox/*']] },
    },
    { Action: 's3:ListBucket', Effect: 'Allow', Resource: bucketArn() },
    { Action: 's3:PutObject', Effect: 'Allow', Resource: { 'Fn::Join': ['', [bucketArn(), '/*']] } },
  ]);
});

test('it may read the secrets and use the queues of sources that have an inbox, and of no other', () => {
  const named = (action: string) =>
    statementsOf(/^RejectedInboxRole/)
      .filter(({ Action }) => [Action].flat().includes(action))
      .flatMap(({ Resource }) => JSON.stringify(Resource));
  expect(named('secretsmanager:GetSecretValue')).toEqual([expect.stringContaining('Secretsscalekit')]);
  expect(named('sqs:SendMessage').map((resource) => /Route[a-z]+/.exec(resource)?.[0])).toEqual([
    'Routescalekitusercreated',
    'Routescalekituserupdated',
  ]);
});

test('of sources that are in the stacks of groups, only where one of them has an inbox', async () => {
  const patterns = async (inGroup: string) => {
    const sources = WITH_INBOX.sources.map((source) =>
      source.name === inGroup ? { ...source, group: 'part' } : source,
    );
    const grouped = Template.fromStack(stackOf(await planOf('prod', { ...WITH_INBOX, sources })));
    const [, policy] =
      [...resourcesOf(grouped, 'AWS::IAM::Policy')].find(([id]) => /^RejectedInboxRole/.test(id)) ?? [];
    return /secret:hookgate\/prod\/\*/.test(JSON.stringify(policy));
  };
  expect([await patterns('scalekit'), await patterns('skribby')]).toEqual([true, false]);
});

test('what else it may do is what letting in needs', () => {
  const actions = statementsOf(/^RejectedInboxRole/).flatMap(({ Action }) => [Action].flat());
  expect([...new Set(actions)].filter((one) => !one.startsWith('s3:')).sort()).toEqual([
    'dynamodb:ConditionCheckItem',
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'secretsmanager:GetSecretValue',
    'sqs:SendMessage',
    'xray:PutTelemetryRecords',
    'xray:PutTraceSegments',
  ]);
});

test('only the admin API may call it, and reads no secret itself', () => {
  const [id] = only('AWS::Lambda::Function', /^RejectedInboxFunction/);
  const callers = [...resourcesOf(template, 'AWS::IAM::Policy')].filter(([, { Properties }]) =>
    (Properties.PolicyDocument as { Statement: Statement[] }).Statement.some(
      ({ Action, Resource }) =>
        Action === 'lambda:InvokeFunction' &&
        JSON.stringify(Resource) === JSON.stringify({ 'Fn::GetAtt': [id, 'Arn'] }),
    ),
  );
  expect(callers.map(([caller]) => caller)).toEqual([expect.stringMatching(/^InspectAdminRole/)]);
  const actions = statementsOf(/^InspectAdminRole/).flatMap(({ Action }) => [Action].flat());
  expect(actions.filter((one) => /^(secretsmanager|s3):/.test(one))).toEqual([]);
});

test('strangers reach a function that may keep and can not read what was kept', () => {
  const ofS3 = statementsOf(/^IngestVerifierRole/).flatMap(({ Action }) =>
    [Action].flat().filter((one) => one.startsWith('s3:')),
  );
  expect(ofS3).toEqual(['s3:PutObject']);
});

test('who let in what is found by the saved query beside what else operators did', () => {
  const query = [...resourcesOf(template, 'AWS::Logs::QueryDefinition').values()].find(({ Properties }) =>
    JSON.stringify(Properties.Name).includes('Who did what'),
  );
  expect(query?.Properties.LogGroupNames).toEqual([
    { Ref: only('AWS::Logs::LogGroup', /^InspectAdminLogs/)[0] },
    { Ref: only('AWS::Logs::LogGroup', /^RejectedInboxLogs/)[0] },
  ]);
});
