import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { alarmRules, compositeRules } from '../../lib/alarms/list.ts';
import { planOf, resourcesOf, stackOf } from './stage.ts';

let template: Template;
beforeAll(async () => {
  template = Template.fromStack(stackOf(await planOf('prod')));
});

const root = resolve(import.meta.dirname, '..', '..');
const ROUTES = [
  'scalekit-user-created',
  'scalekit-user-updated',
  'inkress-payment-success',
  'inkress-payment-failed',
  'inkress-payout-completed',
  'skribby-status-update',
];
const SOURCES = ['scalekit', 'inkress', 'skribby'];
const NAMES = [
  'hookgate-prod-blocked-addresses-all',
  ...[
    'parked',
    'breaker-open',
    'dead-letters',
    'oldest-message',
    'failures',
    'slow-processing',
    'mapping-drift',
  ].flatMap((rule) => ROUTES.map((route) => `hookgate-prod-${rule}-${route}`)),
  ...['all-rejected', 'rejected-spike', 'ledger-mismatch', 'outbox-age', 'secret-overlap-overdue'].flatMap((rule) =>
    SOURCES.map((source) => `hookgate-prod-${rule}-${source}`),
  ),
  ...['sweeper', 'breaker-controller', 'address-blocker'].map((id) => `hookgate-prod-function-errors-${id}`),
  'hookgate-prod-verifier-5xx-api',
  'hookgate-prod-throttled-api',
  'hookgate-prod-newer-version-all',
  'hookgate-prod-edge-blocks-web-acl',
  'hookgate-prod-silence-inkress',
];

/** A count that is 0 where nothing was measured. */
function countedOver(period: number, name: string, dimensions: unknown): object[] {
  return [
    { Expression: 'FILL(count, 0)', Id: 'expr_1' },
    {
      Id: 'count',
      MetricStat: {
        Metric: { Namespace: 'Hookgate/prod', MetricName: name, Dimensions: dimensions },
        Period: period,
        Stat: 'Sum',
      },
      ReturnData: false,
    },
  ];
}

function alarm(name: string): Record<string, unknown> {
  const alarms = [...resourcesOf(template, 'AWS::CloudWatch::Alarm').values()];
  const found = alarms.find(({ Properties }) => Properties.AlarmName === `hookgate-prod-${name}`);
  if (!found) throw new Error(`There is no alarm ${name}.`);
  return found.Properties;
}

/** A reference by our part of the logical id, as CDK writes dimensions that name a resource. */
function idOf(type: string, property: string, value: string): string {
  const [id] = [...resourcesOf(template, type)].find(([, it]) => it.Properties[property] === value) ?? [];
  if (id === undefined) throw new Error(`There is no ${type} whose ${property} is ${value}.`);
  return id;
}
const queueDimension = (name: string) => [
  { Name: 'QueueName', Value: { 'Fn::GetAtt': [idOf('AWS::SQS::Queue', 'QueueName', name), 'QueueName'] } },
];
const routeDimensions = (source: string, route: string) => [
  { Name: 'Route', Value: route },
  { Name: 'Source', Value: source },
];

test('there are these alarms and no other', () => {
  const alarms = [...resourcesOf(template, 'AWS::CloudWatch::Alarm').values()];
  expect(alarms.map(({ Properties }) => Properties.AlarmName).sort()).toEqual(NAMES.sort());
});

describe.each(ROUTES)('of the route %s', (id) => {
  const source = id.slice(0, id.indexOf('-'));
  const route = id.slice(id.indexOf('-') + 1);

  test('one event parked rings', () => {
    expect(alarm(`parked-${id}`)).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: queueDimension(`hookgate-prod-${id}-parked`),
      Statistic: 'Maximum',
      Period: 60,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  test('one dead letter rings, waiting or in flight', () => {
    const dimensions = queueDimension(`hookgate-prod-${id}-dead`);
    const stat = (MetricName: string) => ({
      Metric: { Namespace: 'AWS/SQS', MetricName, Dimensions: dimensions },
      Period: 60,
      Stat: 'Maximum',
    });
    expect(alarm(`dead-letters-${id}`)).toMatchObject({
      Metrics: [
        { Expression: 'waiting + inFlight' },
        { Id: 'waiting', MetricStat: stat('ApproximateNumberOfMessagesVisible'), ReturnData: false },
        { Id: 'inFlight', MetricStat: stat('ApproximateNumberOfMessagesNotVisible'), ReturnData: false },
      ],
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  test('an event that waits ten minutes rings', () => {
    expect(alarm(`oldest-message-${id}`)).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: queueDimension(`hookgate-prod-${id}`),
      Statistic: 'Maximum',
      Threshold: 600,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  test('more than ten failures in five minutes ring', () => {
    expect(alarm(`failures-${id}`)).toMatchObject({
      Metrics: countedOver(300, 'Failed', routeDimensions(source, route)),
      Threshold: 10,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  test('an open breaker rings', () => {
    expect(alarm(`breaker-open-${id}`)).toMatchObject({
      Namespace: 'Hookgate/prod',
      MetricName: 'BreakerOpen',
      Dimensions: routeDimensions(source, route),
      Statistic: 'Maximum',
      Period: 120,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  test('a mapping that was not as it had been set rings', () => {
    expect(alarm(`mapping-drift-${id}`)).toMatchObject({
      Namespace: 'Hookgate/prod',
      MetricName: 'MappingDrift',
      Dimensions: routeDimensions(source, route),
      Statistic: 'Sum',
      Period: 300,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  test('processing longer than five seconds rings', () => {
    expect(alarm(`slow-processing-${id}`)).toMatchObject({
      Namespace: 'Hookgate/prod',
      MetricName: 'ProcessingMs',
      Dimensions: routeDimensions(source, route),
      ExtendedStatistic: 'p95',
      Period: 300,
      Threshold: 5_000,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });
});

test.each(SOURCES)(
  'events of %s that are missing or overdue for a quarter of an hour ring; a new ledger is silent, one that ends is not',
  (source) => {
    const { Metrics, ...rest } = alarm(`ledger-mismatch-${source}`);
    expect(rest).toMatchObject({
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'missing',
    });
    const [sum, ...series] = Metrics as readonly Readonly<Record<string, unknown>>[];
    expect(sum).toMatchObject({ Expression: 'overdue + missing' });
    expect(series).toMatchObject(
      ['Overdue', 'Missing'].map((MetricName) => ({
        MetricStat: {
          Metric: { Namespace: 'Hookgate/prod', MetricName, Dimensions: [{ Name: 'Source', Value: source }] },
          Period: 900,
          Stat: 'Minimum',
        },
      })),
    );
  },
);

test.each(SOURCES)('events of %s that wait a quarter of an hour for their queue ring', (source) => {
  expect(alarm(`outbox-age-${source}`)).toMatchObject({
    Namespace: 'Hookgate/prod',
    MetricName: 'OutboxAge',
    Dimensions: [{ Name: 'Source', Value: source }],
    Statistic: 'Maximum',
    Period: 300,
    Threshold: 900,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
});

test('a record that a newer version wrote rings at the first message of it', () => {
  const newerVersion = alarm('newer-version-all');
  expect(newerVersion).toMatchObject({
    Namespace: 'Hookgate/prod',
    MetricName: 'NewerVersion',
    Statistic: 'Sum',
    Period: 300,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
  expect(newerVersion).not.toHaveProperty('Dimensions');
});

/** What one rule of the web ACL refused. */
const refusedBy = (rule: string) => ({
  MetricStat: {
    Metric: {
      Namespace: 'AWS/WAFV2',
      MetricName: 'BlockedRequests',
      Dimensions: [
        { Name: 'Region', Value: { Ref: 'AWS::Region' } },
        { Name: 'Rule', Value: rule },
        { Name: 'WebACL', Value: 'hookgate-prod' },
      ],
    },
    Period: 300,
    Stat: 'Sum',
  },
});

test('a webhook answered 429 rings, by a limit of its source or behind the web ACL', () => {
  expect(alarm('throttled-api')).toMatchObject({
    Metrics: [
      { Expression: 'FILL(behind, 0) + FILL(limit1, 0)' },
      {
        MetricStat: { Metric: { Namespace: 'Hookgate/prod', MetricName: 'Throttled' }, Period: 300, Stat: 'Sum' },
      },
      refusedBy('rate-by-source-1'),
    ],
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
  template.hasResourceProperties('AWS::Logs::MetricFilter', {
    FilterPattern: '{ ($.status = "429") && ($.path != "*/admin/*") && ($.waf = "WAF_ALLOW") }',
    MetricTransformations: [{ MetricName: 'Throttled', MetricNamespace: 'Hookgate/prod', MetricValue: '1' }],
  });
});

test('the limits of as many sources as a web ACL can limit apart are watched by one alarm', async () => {
  const plan = await planOf('prod');
  const [source] = plan.sources;
  if (!source) throw new Error('There is no source.');
  const sources = Array.from({ length: 9 }, (_, at) => ({
    ...source,
    name: `source-${at}`,
    throttle: { requestsPerMinute: 100 + at },
    routes: [],
  }));
  const many = Template.fromStack(stackOf({ ...plan, sources }));
  const limits = [...resourcesOf(many, 'AWS::CloudWatch::Alarm').values()]
    .filter(({ Properties }) => String(Properties.AlarmName).startsWith('hookgate-prod-throttled-'))
    .map(({ Properties }) => [Properties.AlarmName, (Properties.Metrics as unknown[]).length - 1]);
  expect(Object.fromEntries(limits)).toEqual({ 'hookgate-prod-throttled-api': 10 });
});

test('more than a hundred requests refused at the edge in five minutes ring, by whichever rule', () => {
  const { Metrics, ...rest } = alarm('edge-blocks-web-acl');
  const [sum, ...series] = Metrics as readonly unknown[];
  expect(sum).toMatchObject({
    Expression: 'FILL(rule1, 0) + FILL(rule2, 0) + FILL(rule3, 0) + FILL(rule4, 0)',
  });
  expect(series).toMatchObject(['rate-by-address', 'ill-repute', 'refuse', 'Default_Action'].map(refusedBy));
  expect(rest).toMatchObject({
    Threshold: 100,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
});

test('blocked addresses count at the edge once they are refused', async () => {
  const plan = await planOf('prod');
  const enforced = stackOf({ ...plan, settings: { ...plan.settings, blocking: 'enforce' } });
  const [found] = [...resourcesOf(Template.fromStack(enforced), 'AWS::CloudWatch::Alarm').values()].filter(
    ({ Properties }) => Properties.AlarmName === 'hookgate-prod-edge-blocks-web-acl',
  );
  expect(JSON.stringify(found?.Properties.Metrics)).toContain('"blocked"');
});

test.each(['sweeper', 'breaker-controller', 'address-blocker'])(
  'three failed runs of five of the %s ring, and so does it when it does not run',
  (id) => {
    expect(alarm(`function-errors-${id}`)).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 300,
      Threshold: 2,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'missing',
      InsufficientDataActions: [expect.anything()],
    });
  },
);

/** The deliveries that were proved to be the provider's, over a time. */
const provedOver = (source: string, period: number) =>
  ['Accepted', 'Duplicate', 'Filtered'].map((MetricName) => ({
    MetricStat: {
      Metric: { Namespace: 'Hookgate/prod', MetricName, Dimensions: [{ Name: 'Source', Value: source }] },
      Period: period,
      Stat: 'Sum',
    },
  }));

test.each(SOURCES)('three rejections of %s in six hours ring when nothing else came', (source) => {
  expect(alarm(`all-rejected-${source}`)).toMatchObject({
    Metrics: [
      { Expression: 'IF(FILL(rejected, 0) == FILL(received, 0), FILL(rejected, 0), 0)' },
      ...['Rejected', 'Received'].map((MetricName) => ({
        MetricStat: {
          Metric: { Namespace: 'Hookgate/prod', MetricName, Dimensions: [{ Name: 'Source', Value: source }] },
          Period: 21_600,
          Stat: 'Sum',
        },
      })),
    ],
    Threshold: 2,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
});

test('a source that says how long it may be quiet rings after that', () => {
  expect(alarm('silence-inkress')).toMatchObject({
    Metrics: [
      { Expression: 'FILL(accepted, 0) + FILL(duplicate, 0) + FILL(filtered, 0)' },
      ...provedOver('inkress', 3_600),
    ],
    EvaluationPeriods: 24,
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'breaching',
  });
});

test('what keeps webhooks from coming in or moving on is one alarm besides', () => {
  const [composite] = [...resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm').values()];
  expect(composite?.Properties.AlarmName).toBe('hookgate-prod-gateway-unhealthy');
  const rule = JSON.stringify(composite?.Properties.AlarmRule);
  const alarms = [...resourcesOf(template, 'AWS::CloudWatch::Alarm')];
  const named = alarms
    .filter(([id]) => rule.includes(`["${id}","Arn"]`))
    .map(([, it]) => String(it.Properties.AlarmName));
  expect(named.sort()).toEqual(
    [
      'hookgate-prod-verifier-5xx-api',
      'hookgate-prod-throttled-api',
      'hookgate-prod-function-errors-sweeper',
      'hookgate-prod-function-errors-breaker-controller',
      ...['ledger-mismatch', 'outbox-age'].flatMap((name) =>
        SOURCES.map((source) => `hookgate-prod-${name}-${source}`),
      ),
      ...['oldest-message', 'dead-letters'].flatMap((name) => ROUTES.map((route) => `hookgate-prod-${name}-${route}`)),
    ].sort(),
  );
  // Of PutCompositeAlarm; an ARN takes about a hundred characters.
  expect(named.length * 120).toBeLessThan(10_240);
});

test.each(SOURCES)('more than fifty rejections of %s in five minutes ring', (source) => {
  expect(alarm(`rejected-spike-${source}`)).toMatchObject({
    Metrics: countedOver(300, 'Rejected', [{ Name: 'Source', Value: source }]),
    Threshold: 50,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
});

test('one webhook answered 5xx rings, and the admin API does not', () => {
  expect(alarm('verifier-5xx-api')).toMatchObject({
    Namespace: 'Hookgate/prod',
    MetricName: 'Answered5xx',
    Statistic: 'Sum',
    Period: 300,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
  expect(alarm('verifier-5xx-api')).not.toHaveProperty('Dimensions');
  template.hasResourceProperties('AWS::Logs::MetricFilter', {
    FilterPattern: '{ ($.status = "5*") && ($.path != "*/admin/*") }',
    MetricTransformations: [{ MetricName: 'Answered5xx', MetricNamespace: 'Hookgate/prod', MetricValue: '1' }],
  });
});

describe('each alarm', () => {
  test('says which page tells what to do, and where to look', () => {
    for (const { Properties } of resourcesOf(template, 'AWS::CloudWatch::Alarm').values()) {
      const text = JSON.stringify(Properties.AlarmDescription);
      expect(text).toMatch(/Runbook: docs\/runbook\/[a-z0-9-]+\.md/);
      expect(text).toMatch(/Look at: https:\/\//);
      expect(text).toContain('.console.aws.amazon.com/');
    }
  });

  test('links its page where the stage says where they are to be read', async () => {
    const plan = await planOf('prod');
    const runbookUrl = 'https://github.com/acme/hooks/blob/main/docs/runbook';
    const linked = Template.fromStack(stackOf({ ...plan, settings: { ...plan.settings, runbookUrl } }));
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']) {
      for (const { Properties } of resourcesOf(linked, type).values()) {
        expect(JSON.stringify(Properties.AlarmDescription)).toMatch(
          /Runbook: https:\/\/github\.com\/acme\/hooks\/blob\/main\/docs\/runbook\/[a-z0-9-]+\.md/,
        );
      }
    }
  });

  test('tells the topic of the stage, which takes nothing from elsewhere', () => {
    const [topic] = resourcesOf(template, 'AWS::SNS::Topic').keys();
    for (const type of ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']) {
      template.allResourcesProperties(type, { AlarmActions: [{ Ref: topic }], OKActions: [{ Ref: topic }] });
    }
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          { Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
          {
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Resource: { Ref: topic },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
    });
  });

  test('is shown in a Slack channel where one is configured', async () => {
    const plan = await planOf('prod');
    const alarmSlackChannel = { workspaceId: 'T0123ABCD', channelId: 'C0123ABCD' };
    const told = Template.fromStack(stackOf({ ...plan, settings: { ...plan.settings, alarmSlackChannel } }));
    told.hasResourceProperties('AWS::Chatbot::SlackChannelConfiguration', {
      SlackWorkspaceId: 'T0123ABCD',
      SlackChannelId: 'C0123ABCD',
      SnsTopicArns: [{ Ref: [...resourcesOf(told, 'AWS::SNS::Topic').keys()][0] }],
    });
  });

  test('tells the topic when it rings and when it is over', async () => {
    const plan = await planOf('prod');
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:on-call';
    const told = Template.fromStack(stackOf({ ...plan, settings: { ...plan.settings, alarmTopicArn } }));
    told.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [alarmTopicArn],
      OKActions: [alarmTopicArn],
    });
    // And of a ledger that is not kept any more, and of the three functions that run every minute.
    told.resourcePropertiesCountIs(
      'AWS::CloudWatch::Alarm',
      { InsufficientDataActions: [alarmTopicArn] },
      SOURCES.length + 3,
    );
  });
});

describe('an alarm is one file, one line in the list and one runbook page', () => {
  const rules = [...alarmRules, ...compositeRules];
  const files = readdirSync(join(root, 'lib', 'alarms'))
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((name) => name !== 'rule' && name !== 'list')
    .sort();

  test('every file is in the list, under its own name', () => {
    expect(rules.map(({ name }) => name).sort()).toEqual(files);
  });

  test('every page belongs to an alarm', () => {
    const pages = readdirSync(join(root, 'docs', 'runbook')).map((file) => file.replace(/\.md$/, ''));
    expect(pages.sort()).toEqual(files);
  });

  test.each(files)('the page of %s says what it means, what to look at and what to do', (name) => {
    const page = join(root, 'docs', 'runbook', `${name}.md`);
    expect(existsSync(page)).toBe(true);
    const headings = [...readFileSync(page, 'utf8').matchAll(/^#{1,2} .+$/gm)].map(([heading]) => heading);
    expect(headings).toEqual([`# ${name}`, '## Meaning', '## Look at', '## Do']);
  });
});

describe('the dashboard', () => {
  function body(): {
    readonly widgets: readonly { readonly type: string; readonly properties: Record<string, unknown> }[];
  } {
    const [page] = [...resourcesOf(template, 'AWS::CloudWatch::Dashboard').values()];
    const text = page?.Properties.DashboardBody as { 'Fn::Join': [string, unknown[]] };
    return JSON.parse(
      text['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'X')).join(''),
    ) as ReturnType<typeof body>;
  }

  test('shows alarms first, then flow, refusals, answers, processors, queues, safeguards and cost', () => {
    expect(body().widgets.map(({ type, properties }) => properties.title ?? type)).toEqual([
      'Alarms',
      'Deliveries in, a minute',
      'Events processed, a minute',
      'Time on the way (p95), ms',
      'Refused, or not of its list, a minute',
      'Refused by reason, a minute',
      'Refused at the edge, a minute',
      'Answers, a minute',
      'Time to answer, ms',
      'Received after it was signed, ms',
      'Failed, retried, parked, deferred, a minute',
      'Time to process (p95), ms',
      'Waiting and in flight',
      'Oldest event, seconds',
      'Dead letters and parked events',
      'Breakers open',
      'Signed with a secret that is not the current one, a minute',
      'Not accounted for',
      'Requests, an hour',
      'Function time, ms an hour',
      'Logs, bytes an hour',
      'text',
    ]);
  });

  test('links each route’s processor, queue, dead letters and parked events', () => {
    const text = body().widgets.at(-1)?.properties.markdown as string;
    for (const route of ROUTES)
      expect(text).toMatch(new RegExp(`^\\| ${route} \\| .*processor.*queue.*dead letters.*parked`, 'm'));
  });

  test('asks only for series that the functions emit', () => {
    const ours = body()
      .widgets.flatMap(({ properties }) => (properties.metrics ?? []) as unknown[][])
      .filter(([namespace]) => namespace === 'Hookgate/prod')
      .map(([, metric, ...dimensions]) =>
        [metric, ...dimensions.filter((it, i) => typeof it === 'string' && i % 2 === 0)].join(' '),
      );
    expect([...new Set(ours)].sort()).toEqual([
      'Accepted Source',
      'BreakerOpen Route Source',
      'ClockDifferenceMs Source',
      'Deferred Route Source',
      'Duplicate Source',
      'EndToEndMs Route Source',
      'EnqueueMs Source',
      'Failed Route Source',
      'Filtered Source',
      'Handshake Source',
      'Missing Source',
      'OutboxAge Source',
      'Overdue Source',
      'Parked Route Source',
      'ProcessingMs Route Source',
      'Quarantined Route Source',
      'Rejected Source',
      'Retried Route Source',
      'SecretVersion Source Version',
      'Throttled',
      'Unavailable Source',
      'Unlisted Source',
    ]);
  });
});

test('the questions people ask are saved, each for its log groups', () => {
  const queries = [...resourcesOf(template, 'AWS::Logs::QueryDefinition').values()].map(({ Properties }) => Properties);
  const shown = queries.map(({ Name, LogGroupNames }) => [
    JSON.stringify(Name).replace(/.*\/([^"]+)".*/, '$1'),
    (LogGroupNames as unknown[]).length,
  ]);
  expect(Object.fromEntries(shown)).toEqual({
    'What became of an event': 8,
    'Why events fail': 6,
    'Slowest events': 6,
    'Who is refused and why': 1,
    'Types that no route wants': 1,
    'Our faults': 7,
    'Who did what': 1,
  });
});

test('the outputs say where to send, where to look and where to redrive', () => {
  const outputs = template.toJSON().Outputs as Record<string, { readonly Value: unknown }>;
  expect(
    Object.keys(outputs)
      .map((key) => key.replace(/[0-9A-F]{8}$/, ''))
      .sort(),
  ).toEqual(
    [
      'AdminUrl',
      'AlarmTopicArn',
      'ApiRestEndpoint',
      'DashboardUrl',
      'OperatorsArn',
      ...SOURCES.map((source) => `WebhookUrl${source}`),
      ...ROUTES.flatMap((route) => ['DeadLettersUrl', 'ParkedUrl'].map((link) => link + route.replaceAll('-', ''))),
    ].sort(),
  );
  template.hasOutput('WebhookUrlscalekit', {
    Value: { 'Fn::Join': ['', Match.arrayWith(['/webhooks/scalekit'])] },
  });
  template.hasOutput('ParkedUrlscalekitusercreated', {
    Value: { 'Fn::Join': ['', Match.arrayWith(['%2Fhookgate-prod-scalekit-user-created-parked'])] },
  });
});
