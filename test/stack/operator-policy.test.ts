import { Template } from 'aws-cdk-lib/assertions';
import { config } from '../../lib/config.ts';
import { planOf, resourcesOf, stackOf } from './stage.ts';

const ROUTES = [
  'Routescalekitusercreated',
  'Routescalekituserupdated',
  'Routeinkresspaymentsuccess',
  'Routeinkresspaymentfailed',
  'Routeinkresspayoutcompleted',
  'Routeskribbystatusupdate',
];

interface Arn {
  readonly 'Fn::GetAtt': [string, string];
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: Arn | Arn[];
}

async function policies(plan = planOf('prod')): Promise<Statement[][]> {
  const template = Template.fromStack(stackOf(await plan));
  // Of very many routes CDK makes managed policies of what has no room in a role's own one: those are not for people.
  return [...resourcesOf(template, 'AWS::IAM::ManagedPolicy')]
    .filter(([id]) => id.startsWith('OperatorsPolicy'))
    .map(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement);
}

function permissions(statements: readonly Statement[]): string[] {
  return statements.flatMap(({ Effect, Action, Resource }) =>
    [Action].flat().flatMap((action) => {
      expect(Effect).toBe('Allow');
      return [Resource].flat().map(({ 'Fn::GetAtt': [id] }) => `${action} on ${id.replace(/[0-9A-F]{8}$/, '')}`);
    }),
  );
}

test('those on call may redrive dead letters and parked events, and nothing else', async () => {
  const [statements = [], ...others] = await policies();
  expect(others).toEqual([]);
  expect(permissions(statements).sort()).toEqual(
    ROUTES.flatMap((route) => [
      ...['Dead', 'Parked'].flatMap((queue) =>
        [
          'StartMessageMoveTask',
          'ListMessageMoveTasks',
          'CancelMessageMoveTask',
          'ReceiveMessage',
          'DeleteMessage',
          'GetQueueAttributes',
          'GetQueueUrl',
          'SendMessage',
        ].map((action) => `sqs:${action} on ${route}${queue}`),
      ),
      ...['SendMessage', 'GetQueueAttributes', 'GetQueueUrl'].map((action) => `sqs:${action} on ${route}Main`),
    ]).sort(),
  );
});

test('the policy is an output, and belongs to nobody until it is attached', async () => {
  const template = Template.fromStack(stackOf(await planOf('prod')));
  const [[id, policy] = ['', undefined]] = resourcesOf(template, 'AWS::IAM::ManagedPolicy');
  expect(policy?.Properties).not.toHaveProperty('Roles');
  expect(Object.values(template.findOutputs('*', { Value: { Ref: id } }))).toHaveLength(1);
});

test('with more routes than one policy can name there are several, none too long for IAM', async () => {
  const plan = await planOf('prod');
  const [source] = plan.sources;
  const [route] = source?.routes ?? [];
  if (!source || !route) throw new Error('no route');
  const name = (index: number) => `${'r'.repeat(60 - source.name.length)}${10 + index}`;
  const routes = Array.from({ length: 17 }, (_, index) => ({ ...route, name: name(index) }));
  const found = await policies(Promise.resolve({ ...plan, sources: [{ ...source, routes }] }));

  expect(found).toHaveLength(3);
  // A queue's ARN in the longest region, its name as long as SQS allows.
  const arn = `arn:aws-us-gov:sqs:ap-southeast-1:000000000000:${'q'.repeat(80)}`;
  for (const statements of found) {
    const resolved = statements.map((statement) => ({
      ...statement,
      Resource: [statement.Resource].flat().map(() => arn),
    }));
    expect(JSON.stringify({ Version: '2012-10-17', Statement: resolved }).length).toBeLessThan(6144);
  }
});

test('of a stage with groups there is one, by the names of its queues', async () => {
  const sources = config.sources.map((source) => ({ ...source, group: 'all' }));
  const template = Template.fromStack(stackOf(await planOf('prod', { ...config, sources })));
  const [policy, ...others] = resourcesOf(template, 'AWS::IAM::ManagedPolicy').values();
  expect(others).toEqual([]);
  const text = JSON.stringify(policy?.Properties.PolicyDocument);
  expect([...text.matchAll(/:(hookgate-[^"]*)"/g)].map(([, name]) => name)).toEqual([
    'hookgate-prod-*-dead',
    'hookgate-prod-*-dead.fifo',
    'hookgate-prod-*-parked',
    'hookgate-prod-*-parked.fifo',
    'hookgate-prod-*-dead',
    'hookgate-prod-*-dead.fifo',
    'hookgate-prod-*-parked',
    'hookgate-prod-*-parked.fifo',
    'hookgate-prod-*',
  ]);
});
