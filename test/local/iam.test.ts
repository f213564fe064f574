import { type Need, decide, type Principal, refusalOf } from '../../local/iam/decide.ts';
import { Guard } from '../../local/iam/guard.ts';
import { dynamodbNeeds } from '../../local/iam/needs/dynamodb.ts';
import { s3Needs, type ObjectRequest } from '../../local/iam/needs/s3.ts';
import { sqsNeeds } from '../../local/iam/needs/sqs.ts';
import { rulesOf } from '../../local/iam/rules.ts';
import { readPolicy } from '../../local/iam/statement.ts';
import type { TemplateResource } from '../../local/template/assembly.ts';
import { readTemplate } from '../../local/template/read.ts';

const ROLE = 'arn:aws:iam::000000000000:role/verifier';
const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/records';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/Key';
const PUT: Need = { action: 'dynamodb:PutItem', resource: TABLE };

const policy = (...statements: object[]) => readPolicy({ Statement: statements }, 'Policy');
const allow = (Action: unknown, Resource: unknown, more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const deny = (Action: unknown, Resource: unknown, more: object = {}) => ({ Effect: 'Deny', Action, Resource, ...more });

function caller(policies: Principal['policies'], boundary?: Principal['policies']): Principal {
  return {
    function: 'Verifier',
    roleArn: ROLE,
    userArn: 'arn:aws:sts::000000000000:assumed-role/verifier/verifier',
    policies,
    ...(boundary && { boundary }),
  };
}

function judged(need: Need, statements: readonly object[], ofResource: readonly object[] = []): string {
  const decision = decide(need, caller(policy(...statements)), policy(...ofResource));
  return decision.allowed ? 'allowed' : decision.because;
}

const BY_NOBODY = 'because no identity-based policy allows the dynamodb:PutItem action';

describe('a role', () => {
  test.each<[string, object[], string]>([
    ['without a statement', [], BY_NOBODY],
    ['with the action on the resource', [allow('dynamodb:PutItem', TABLE)], 'allowed'],
    ['with the action in other letters', [allow('DynamoDB:putitem', TABLE)], 'allowed'],
    ['with the resource in other letters', [allow('dynamodb:PutItem', TABLE.replace('records', 'Records'))], BY_NOBODY],
    ['with another action', [allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], TABLE)], BY_NOBODY],
    ['with the index only', [allow('dynamodb:PutItem', `${TABLE}/index/*`)], BY_NOBODY],
    ['with wildcards in both', [allow('dynamodb:Put*', 'arn:aws:dynamodb:*:*:table/record?')], 'allowed'],
    ['with a wildcard that ends too early', [allow('dynamodb:P?Item', TABLE)], BY_NOBODY],
    ['with a dot that is no wildcard', [allow('dynamodb.PutItem', TABLE)], BY_NOBODY],
    [
      'with a deny beside the allow',
      [allow('*', '*'), deny('dynamodb:Put*', TABLE)],
      'with an explicit deny in an identity-based policy',
    ],
    ['with all but this action', [{ Effect: 'Allow', NotAction: 'dynamodb:PutItem', Resource: '*' }], BY_NOBODY],
    ['with all but another action', [{ Effect: 'Allow', NotAction: 'dynamodb:GetItem', Resource: '*' }], 'allowed'],
    ['with all but this resource', [{ Effect: 'Allow', Action: '*', NotResource: [TABLE] }], BY_NOBODY],
    [
      'with a condition that holds',
      [allow('*', '*', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } })],
      'allowed',
    ],
    [
      'with a condition that does not hold',
      [allow('*', '*', { Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } })],
      BY_NOBODY,
    ],
    [
      'with a condition on what the call does not have',
      [allow('*', '*', { Condition: { StringEquals: { 'kms:ViaService': ['sqs.us-east-1.amazonaws.com'] } } })],
      BY_NOBODY,
    ],
  ])('%s', (_, statements, expected) => {
    expect(judged(PUT, statements)).toBe(expected);
  });

  test('is held by its boundary as well', () => {
    const inside = caller(policy(allow('*', '*')), policy(allow('dynamodb:*', '*'), deny('*', `${TABLE}2`)));
    expect(decide(PUT, inside, [])).toMatchObject({ allowed: true });
    expect(decide({ action: 'sqs:SendMessage', resource: 'arn:q' }, inside, [])).toEqual({
      allowed: false,
      because: 'because no permissions boundary allows the sqs:SendMessage action',
    });
    expect(decide({ ...PUT, resource: `${TABLE}2` }, inside, [])).toEqual({
      allowed: false,
      because: 'with an explicit deny in a permissions boundary',
    });
  });

  test('that may not is told so as AWS tells it, with the action and the resource', () => {
    expect(refusalOf(PUT, caller([]), BY_NOBODY)).toBe(
      'User: arn:aws:sts::000000000000:assumed-role/verifier/verifier is not authorized to perform: dynamodb:PutItem ' +
        `on resource: ${TABLE} because no identity-based policy allows the dynamodb:PutItem action`,
    );
  });
});

describe('a resource’s own policy', () => {
  const all = { Principal: { AWS: '*' } };
  test.each<[string, object[], object[], string]>([
    ['allows this role', [], [allow('dynamodb:*', TABLE, { Principal: { AWS: ROLE } })], 'allowed'],
    ['allows another role', [], [allow('dynamodb:*', TABLE, { Principal: { AWS: `${ROLE}2` } })], BY_NOBODY],
    [
      'allows the account only',
      [],
      [allow('*', '*', { Principal: { AWS: 'arn:aws:iam::000000000000:root' } })],
      BY_NOBODY,
    ],
    ['allows a service', [], [allow('*', '*', { Principal: { Service: 'lambda.amazonaws.com' } })], BY_NOBODY],
    [
      'refuses calls without TLS',
      [allow('*', '*')],
      [deny('*', '*', { ...all, Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      'allowed',
    ],
    [
      'refuses the account',
      [allow('*', '*')],
      [deny('*', '*', { Principal: { AWS: '000000000000' } })],
      'with an explicit deny in a resource-based policy',
    ],
    ['refuses another account', [allow('*', '*')], [deny('*', '*', { Principal: { AWS: '111111111111' } })], 'allowed'],
  ])('%s', (_, ofRole, ofResource, expected) => {
    expect(judged(PUT, ofRole, ofResource)).toBe(expected);
  });

  test('a key’s must allow the account before the role’s counts', () => {
    const need = { action: 'kms:Decrypt', resource: KEY };
    const root = allow('kms:*', '*', { Principal: { AWS: 'arn:aws:iam::000000000000:root' } });
    const granted = [allow('kms:Decrypt', KEY)];
    expect(judged(need, granted, [root])).toBe('allowed');
    expect(judged(need, [], [root])).toBe('because no identity-based policy allows the kms:Decrypt action');
    expect(judged(need, granted, [])).toBe('because no resource-based policy allows the kms:Decrypt action');
  });
});

test('what a resource’s policy says of services only needs not be understood', () => {
  const ofLogs = { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:*' } };
  const services = allow('kms:*', '*', { Principal: { Service: 'logs.us-east-1.amazonaws.com' }, Condition: ofLogs });
  expect(policy(services)).toEqual([]);
});

describe('what cannot be judged stops the start', () => {
  test.each<[string, object, string]>([
    [
      'an operator',
      allow('*', '*', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
      "Policy has the condition IpAddress, and the local host can't judge permissions by it: use one of Bool, StringEquals, NumericLessThan.",
    ],
    [
      'a condition’s key',
      allow('*', '*', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }),
      'Policy has a condition on aws:PrincipalOrgID, and',
    ],
    [
      'an element',
      { ...allow('*', '*'), NotPrincipal: '*' },
      'Policy has the element NotPrincipal in a statement, and',
    ],
    ['a variable', allow('*', 'arn:aws:s3:::b/${aws:userid}'), 'Policy has a policy variable in the resource'],
    ['an effect', { ...allow('*', '*'), Effect: 'Perhaps' }, 'Policy has the effect "Perhaps", and'],
    ['a federated principal', allow('*', '*', { Principal: { Federated: 'x' } }), 'a principal of the kind Federated'],
    [
      'an action and all but one',
      { Effect: 'Allow', Action: 'a:b', NotAction: 'c:d', Resource: '*' },
      'an element beside its Not in a statement',
    ],
    [
      'a resource and all but one',
      { Effect: 'Deny', Action: '*', Resource: '*', NotResource: 'arn:a' },
      'an element beside its Not in a statement',
    ],
    ['no action', { Effect: 'Allow', Resource: '*' }, 'Policy has nothing where text stands, and'],
  ])('%s', (_, statement, sentence) => {
    expect(() => policy(statement)).toThrow(sentence);
  });
});

const guard = new Guard();
const names = (needs: readonly Need[] | undefined) => needs?.map(({ action, resource }) => `${action} ${resource}`);

describe('a call needs', () => {
  const prefix = 'arn:table/';
  test.each<[string, object, string[]]>([
    ['PutItem', { TableName: 'a' }, ['dynamodb:PutItem arn:table/a']],
    ['GetItem', { TableName: 'arn:other/a' }, ['dynamodb:GetItem arn:other/a']],
    ['Query', { TableName: 'a', IndexName: 'i' }, ['dynamodb:Query arn:table/a/index/i']],
    ['ListTables', {}, ['dynamodb:ListTables *']],
    [
      'BatchGetItem',
      { RequestItems: { a: {}, b: {} } },
      ['dynamodb:BatchGetItem arn:table/a', 'dynamodb:BatchGetItem arn:table/b'],
    ],
    [
      'TransactWriteItems',
      {
        TransactItems: [
          { Put: { TableName: 'a' } },
          { Update: { TableName: 'b' } },
          { Delete: { TableName: 'c' } },
          { ConditionCheck: { TableName: 'd' } },
        ],
      },
      [
        'dynamodb:PutItem arn:table/a',
        'dynamodb:UpdateItem arn:table/b',
        'dynamodb:DeleteItem arn:table/c',
        'dynamodb:ConditionCheckItem arn:table/d',
      ],
    ],
    ['TransactGetItems', { TransactItems: [{ Get: { TableName: 'a' } }] }, ['dynamodb:GetItem arn:table/a']],
  ])('%s of DynamoDB', (action, input, expected) => {
    expect(names(dynamodbNeeds(action, { ...input }, prefix, guard))).toEqual(expected);
  });

  test.each<[string, object, string[]]>([
    ['SendMessage', { QueueUrl: 'http://h/0/q' }, ['sqs:SendMessage arn:q']],
    ['SendMessageBatch', { QueueUrl: 'http://h/0/q' }, ['sqs:SendMessage arn:q']],
    ['ChangeMessageVisibilityBatch', { QueueUrl: 'http://h/0/q.fifo' }, ['sqs:ChangeMessageVisibility arn:q.fifo']],
    ['GetQueueUrl', { QueueName: 'q' }, ['sqs:GetQueueUrl arn:q']],
    ['ListQueues', {}, ['sqs:ListQueues *']],
    [
      'StartMessageMoveTask',
      { SourceArn: 'arn:dead', DestinationArn: 'arn:main' },
      [
        'sqs:StartMessageMoveTask arn:dead',
        'sqs:ReceiveMessage arn:dead',
        'sqs:DeleteMessage arn:dead',
        'sqs:GetQueueAttributes arn:dead',
        'sqs:SendMessage arn:main',
      ],
    ],
    ['ListMessageMoveTasks', { SourceArn: 'arn:dead' }, ['sqs:ListMessageMoveTasks arn:dead']],
  ])('%s of SQS', (action, input, expected) => {
    expect(names(sqsNeeds(action, { ...input }, 'arn:', guard))).toEqual(expected);
  });

  const object = (more: Partial<ObjectRequest>): ObjectRequest => ({
    method: 'GET',
    bucket: 'b',
    key: 'k/1',
    query: new URLSearchParams('x-id=Call'),
    exists: true,
    ...more,
  });
  test.each<[string, ObjectRequest, string[] | undefined]>([
    ['an object that is there', object({}), ['s3:GetObject arn:aws:s3:::b/k/1']],
    [
      'an object that is not',
      object({ exists: false }),
      ['s3:GetObject arn:aws:s3:::b/k/1', 's3:ListBucket arn:aws:s3:::b'],
    ],
    ['to write one', object({ method: 'PUT' }), ['s3:PutObject arn:aws:s3:::b/k/1']],
    ['to delete one', object({ method: 'DELETE' }), ['s3:DeleteObject arn:aws:s3:::b/k/1']],
    ['a list', object({ key: '', query: new URLSearchParams('list-type=2') }), ['s3:ListBucket arn:aws:s3:::b']],
    ['an object’s tags, which the host does not judge', object({ query: new URLSearchParams('tagging=') }), undefined],
    ['a copy, which the host does not judge', object({ method: 'PUT', copySource: 'b/k' }), undefined],
    ['the bucket’s deletion, which the host does not judge', object({ method: 'DELETE', key: '' }), undefined],
  ])('%s of S3', (_, request, expected) => {
    expect(names(s3Needs(request, guard))).toEqual(expected);
  });
});

const PLACE = {
  stackName: 'hookgate-local',
  region: 'us-east-1',
  account: '000000000000',
  endpoints: { dynamodb: 'http://d', sqs: 'http://127.0.0.1:1', secretsmanager: 'http://s', s3: 'http://o' },
  assets: new Map([['code.zip', { folder: '/code', displayName: 'Verifier' }]]),
};

const rules = (resources: Record<string, TemplateResource>) =>
  rulesOf(
    readTemplate({ stackName: 'hookgate-local', template: { Resources: resources }, assets: PLACE.assets }, PLACE)
      .desired,
    PLACE,
  );

const verifier = (Role: unknown = { 'Fn::GetAtt': ['Role', 'Arn'] }) => ({
  Verifier: {
    Type: 'AWS::Lambda::Function',
    Properties: { Code: { S3Key: 'code.zip' }, Handler: 'index.handler', Role },
  },
});

describe('from the template', () => {
  test('a function gets its role’s policies from everywhere they stand, and the resource’s key', () => {
    const found = rules({
      ...verifier(),
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          Policies: [{ PolicyName: 'inline', PolicyDocument: { Statement: allow('a:inline', '*') } }],
          ManagedPolicyArns: [{ Ref: 'Managed' }],
          PermissionsBoundary: { Ref: 'Boundary' },
        },
      },
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          Roles: [{ Ref: 'Role' }],
          PolicyDocument: { Statement: [allow('secretsmanager:GetSecretValue', { Ref: 'Secret' })] },
        },
      },
      Managed: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: { PolicyDocument: { Statement: [allow('a:managed', '*')] } },
      },
      Attached: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement: [allow('a:attached', '*')] } },
      },
      Boundary: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: { PolicyDocument: { Statement: [allow('a:bound', '*')] } },
      },
      Secret: {
        Type: 'AWS::SecretsManager::Secret',
        Properties: { Name: 'hookgate/local/acme', KmsKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } },
      },
      Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement: [] } } },
    });
    const [principal] = found.principals;
    const [[secret, key] = []] = found.keys;
    expect(principal?.policies.map(({ actions }) => actions)).toEqual([
      ['a:inline'],
      ['a:managed'],
      ['secretsmanager:GetSecretValue'],
      ['a:attached'],
    ]);
    expect(principal?.boundary?.map(({ actions }) => actions)).toEqual([['a:bound']]);
    expect(secret).toMatch(
      /^arn:aws:secretsmanager:us-east-1:000000000000:secret:hookgate\/local\/acme-[A-Za-z0-9]{6}$/,
    );
    expect(principal?.policies[2]?.resources).toEqual([secret]);
    expect(key).toBe(KEY);
  });

  test.each<[string, Record<string, TemplateResource>, string]>([
    [
      'a role that is not there',
      verifier('arn:aws:iam::000000000000:role/other'),
      'Verifier has the role arn:aws:iam::000000000000:role/other, which is not in the template, and',
    ],
    [
      'a policy that AWS writes',
      {
        ...verifier(),
        Role: {
          Type: 'AWS::IAM::Role',
          Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] },
        },
      },
      'Role has the managed policy arn:aws:iam::aws:policy/AdministratorAccess, which is not in the template, and',
    ],
    [
      'a boundary of the account',
      {
        ...verifier(),
        Role: { Type: 'AWS::IAM::Role', Properties: { PermissionsBoundary: 'arn:aws:iam::000000000000:policy/b' } },
      },
      'Role has the permissions boundary arn:aws:iam::000000000000:policy/b, which is not in the template, and',
    ],
  ])('%s stops the start', (_, resources, sentence) => {
    expect(() => rules(resources)).toThrow(sentence);
  });
});
