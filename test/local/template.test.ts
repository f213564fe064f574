import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Template, TemplateResource } from '../../local/template/assembly.ts';
import { Intrinsics } from '../../local/template/intrinsics.ts';
import { readTemplate } from '../../local/template/read.ts';

const intrinsics = new Intrinsics(
  {
    Resources: {},
    Parameters: { Size: { Default: 3 }, Given: { Default: 3 } },
    Conditions: {
      Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
      There: { 'Fn::Not': [{ Condition: 'Here' }] },
      Both: { 'Fn::And': [{ Condition: 'Here' }, { Condition: 'There' }] },
      Either: { 'Fn::Or': [{ Condition: 'Here' }, { Condition: 'There' }] },
    },
  },
  {
    pseudo: (name) => (name === 'AWS::Region' ? 'us-east-1' : undefined),
    parameter: (name) => (name === 'Given' ? 5 : undefined),
    ref: (id) => `ref-${id}`,
    attribute: (id, attribute) => `${attribute}-of-${id}`,
  },
);

test.each([
  ['a resource', { Ref: 'Queue' }, 'ref-Queue'],
  ['a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
  ['a parameter’s default', { Ref: 'Size' }, 3],
  ['a parameter that is given', { Ref: 'Given' }, 5],
  ['an attribute', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'Arn-of-Queue'],
  ['an attribute by a dot', { 'Fn::GetAtt': 'Queue.Nested.Arn' }, 'Nested.Arn-of-Queue'],
  ['text that is joined', { 'Fn::Join': [':', ['arn', { Ref: 'AWS::Region' }, 1]] }, 'arn:us-east-1:1'],
  [
    'text with gaps',
    { 'Fn::Sub': '${AWS::Region}/${Queue}/${Queue.Arn}/${!kept}' },
    'us-east-1/ref-Queue/Arn-of-Queue/${kept}',
  ],
  ['text with gaps of its own', { 'Fn::Sub': ['${a}-${Queue}', { a: { Ref: 'Size' } }] }, '3-ref-Queue'],
  ['a condition that holds', { 'Fn::If': ['Here', 'yes', 'no'] }, 'yes'],
  ['a condition that does not', { 'Fn::If': ['There', 'yes', 'no'] }, 'no'],
  ['both conditions', { 'Fn::If': ['Both', 'yes', 'no'] }, 'no'],
  ['either condition', { 'Fn::If': ['Either', 'yes', 'no'] }, 'yes'],
  ['the second part', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  ['nothing, in a list', { list: [1, { Ref: 'AWS::NoValue' }, 2] }, { list: [1, 2] }],
  ['nothing, as a member', { kept: 1, gone: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
  ['an object that only looks like a function', { Ref: 'Queue', Other: 1 }, { Ref: 'Queue', Other: 1 }],
])('%s is evaluated', (_, expression, value) => {
  expect(intrinsics.resolve(expression)).toEqual(value);
});

test('a function that the host does not know is named', () => {
  expect(() => intrinsics.resolve({ 'Fn::ImportValue': 'other-stack' })).toThrow(
    'The template has Fn::ImportValue "other-stack", which the local host does not evaluate: write it without.',
  );
});

function read(resources: Record<string, TemplateResource>, conditions: Template['Conditions'] = {}) {
  const assembly = {
    stackName: 'hookgate-local',
    template: { Resources: resources, Conditions: conditions },
    assets: new Map([['code.zip', { folder: '/code', displayName: 'Ingest/Verifier/Function/Code' }]]),
  };
  return readTemplate(assembly, {
    stackName: 'hookgate-local',
    region: 'us-east-1',
    account: '000000000000',
    endpoints: { dynamodb: 'http://d', sqs: 'http://127.0.0.1:1', secretsmanager: 'http://s', s3: 'http://o' },
    assets: assembly.assets,
  });
}

test('a queue’s URL leads to this machine, and its name stays the same over restarts', () => {
  const { desired } = read({
    Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'acme-dead' } },
    Main: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        VisibilityTimeout: 180,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 10 },
      },
    },
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
    Verifier: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Key: 'code.zip' },
        Handler: 'index.handler',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Timeout: 10,
        Environment: { Variables: { QUEUE_URL: { Ref: 'Main' }, LIMIT: 5 } },
      },
    },
  });

  expect(desired.queues).toEqual([
    { name: 'acme-dead', attributes: {} },
    {
      name: 'hookgate-local-Main',
      attributes: {
        RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:acme-dead","maxReceiveCount":10}',
        VisibilityTimeout: '180',
      },
    },
  ]);
  expect(desired.functions).toEqual([
    {
      id: 'Verifier',
      name: 'hookgate-local-Verifier',
      label: 'verifier',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:hookgate-local-Verifier',
      roleArn: 'arn:aws:iam::000000000000:role/hookgate-local-Role',
      handler: 'index.handler',
      code: '/code',
      environment: { QUEUE_URL: 'http://127.0.0.1:1/000000000000/hookgate-local-Main', LIMIT: '5' },
      memoryMb: 128,
      timeoutMs: 10_000,
      logFormat: 'Text',
    },
  ]);
});

test('what does not run here is named, and what is unheard of as well', () => {
  const { inert, unknown } = read({
    Page: { Type: 'AWS::CloudWatch::Dashboard' },
    Machine: { Type: 'AWS::EC2::Instance' },
  });
  expect([...inert.keys()]).toEqual(['AWS::CloudWatch::Dashboard']);
  expect(unknown).toEqual(['AWS::EC2::Instance']);
});

test('a resource whose condition does not hold is not there', () => {
  const queue = { Type: 'AWS::SQS::Queue', Condition: 'Never', Properties: { QueueName: 'never' } };
  expect(read({ Queue: queue }, { Never: { 'Fn::Equals': ['a', 'b'] } }).desired.queues).toEqual([]);
});

/** A stack with nested ones of these templates, as CDK writes them: as file assets, each named by its URL's last part. */
function readNested(resources: Template['Resources'], nested: Readonly<Record<string, Template>>) {
  const folder = mkdtempSync(join(tmpdir(), 'hookgate-nested-'));
  const assets = Object.entries(nested).map(([name, template]) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(template));
    return [`${name}.json`, { folder: file, displayName: name }] as const;
  });
  const assembly = { stackName: 'hookgate-local', template: { Resources: resources }, assets: new Map(assets) };
  const endpoints = { dynamodb: 'http://d', sqs: 'http://127.0.0.1:1', secretsmanager: 'http://s', s3: 'http://o' };
  const place = { region: 'us-east-1', account: '000000000000', endpoints };
  return readTemplate(assembly, { ...place, stackName: 'hookgate-local', assets: assembly.assets });
}

const stackOf = (name: string, parameters: object = {}) => ({
  Type: 'AWS::CloudFormation::Stack',
  Properties: {
    TemplateURL: { 'Fn::Join': ['', ['https://s3.', { Ref: 'AWS::Region' }, `.amazonaws.com/assets/${name}.json`]] },
    Parameters: parameters,
  },
});

test('nested stacks give and take: a parameter from above, an output from below, and another nested stack’s', () => {
  const queue = (name: unknown) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName: name } });
  const { desired, unknown } = readNested(
    {
      Own: queue('own'),
      First: stackOf('first', { given: { 'Fn::GetAtt': ['Own', 'Arn'] } }),
      Second: stackOf('second', { ofFirst: { 'Fn::GetAtt': ['First', 'Outputs.queueArn'] } }),
    },
    {
      first: {
        Parameters: { given: {} },
        Resources: {
          Queue: queue({ 'Fn::Join': ['-', [{ Ref: 'AWS::StackName' }, 'queue']] }),
          Table: { Type: 'AWS::SQS::Queue', Properties: {} },
          RedrivesTo: {
            Type: 'AWS::SQS::Queue',
            Properties: {
              QueueName: 'redrives',
              RedrivePolicy: { deadLetterTargetArn: { Ref: 'given' }, maxReceiveCount: 3 },
            },
          },
        },
        Outputs: { queueArn: { Value: { 'Fn::GetAtt': ['Queue', 'Arn'] } } },
      },
      second: {
        Parameters: { ofFirst: {} },
        Resources: {
          Table: {
            Type: 'AWS::SQS::Queue',
            Properties: { RedrivePolicy: { deadLetterTargetArn: { Ref: 'ofFirst' }, maxReceiveCount: 3 } },
          },
        },
      },
    },
  );
  expect(unknown).toEqual([]);
  expect(desired.queues.map(({ name }) => name)).toEqual([
    'own',
    'hookgate-local-First-queue',
    // The same logical id in both, and so two names.
    'hookgate-local-First-Table',
    'redrives',
    'hookgate-local-Second-Table',
  ]);
  const redrive = (at: number) => desired.queues[at]?.attributes['RedrivePolicy'];
  expect(redrive(3)).toBe('{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:own","maxReceiveCount":3}');
  expect(redrive(4)).toBe(
    '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:hookgate-local-First-queue","maxReceiveCount":3}',
  );
});

test('a nested stack whose template or output is not there is named', () => {
  expect(() => readNested({ First: stackOf('first') }, {})).toThrow(
    'First has its template outside of the assembly: make it a NestedStack of CDK.',
  );
  const reader = { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::GetAtt': ['First', 'Outputs.no'] } } };
  expect(() => readNested({ Reader: reader, First: stackOf('first') }, { first: { Resources: {} } })).toThrow(
    'The nested stack hookgate-local-First is asked for its output no: add it.',
  );
});

test('a queue’s URL that the template writes itself leads to this machine too', () => {
  const { desired } = read({
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
    Verifier: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Key: 'code.zip' },
        Handler: 'index.handler',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Environment: {
          Variables: {
            QUEUE_URL: {
              'Fn::Sub': 'https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/any',
            },
          },
        },
      },
    },
  });
  expect(desired.functions[0]?.environment).toEqual({ QUEUE_URL: 'http://127.0.0.1:1/000000000000/any' });
});

const queueNamed = (name: unknown) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName: name } });

test.each([
  [
    'names a resource that is not there',
    { Queue: queueNamed({ Ref: 'Nobody' }) },
    'The template names Nobody, but has no such resource: add it.',
  ],
  [
    'goes in circles',
    { A: queueNamed({ Ref: 'B' }), B: queueNamed({ Ref: 'A' }) },
    "The template's resource A depends on itself: break the circle.",
  ],
  [
    'asks for an attribute that the host does not know',
    { A: queueNamed({ 'Fn::GetAtt': ['B', 'Color'] }), B: queueNamed('b') },
    'The template asks for Color of B (AWS::SQS::Queue), which the local host does not know: add it to the file of AWS::SQS::Queue in local/resources.',
  ],
  [
    'has code that is not there',
    { Function: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: 'other.zip' }, Handler: 'a.b' } } },
    'Function has the code other.zip, and the assembly has no such asset: give its code as a folder (Code.fromAsset).',
  ],
  [
    'feeds a function by a stream',
    {
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: 'arn:aws:kinesis:us-east-1:0:stream/a', FunctionName: 'f' },
      },
    },
    'Mapping has the event source arn:aws:kinesis:us-east-1:0:stream/a, and the local host runs SQS queues only: use a queue.',
  ],
  [
    'has a handler that is no text',
    { Function: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: 'code.zip' }, Role: 'r', Handler: 1 } } },
    'Function (AWS::Lambda::Function) has the Handler 1, and it must be text: write it so.',
  ],
])('a template that %s is refused in one sentence', (_, resources, sentence) => {
  expect(() => read(resources)).toThrow(sentence);
});
