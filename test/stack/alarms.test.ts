import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { alarmRules } from '../../lib/alarms/list.ts';
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
  ...[
    'parked',
    'breaker-open',
    'dead-letters',
    'oldest-message',
    'failures',
    'slow-processing',
    'mapping-drift',
  ].flatMap((rule) => ROUTES.map((route) => `hookgate-prod-${rule}-${route}`)),
  ...['rejected-spike', 'ledger-mismatch'].flatMap((rule) =>
    SOURCES.map((source) => `hookgate-prod-${rule}-${source}`),
  ),
  'hookgate-prod-verifier-5xx-api',
];

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
      Namespace: 'Hookgate/prod',
      MetricName: 'Failed',
      Dimensions: routeDimensions(source, route),
      Statistic: 'Sum',
      Period: 300,
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
  'events of %s that are overdue for a quarter of an hour ring, and so does a ledger that is not kept',
  (source) => {
    expect(alarm(`ledger-mismatch-${source}`)).toMatchObject({
      Namespace: 'Hookgate/prod',
      MetricName: 'Overdue',
      Dimensions: [{ Name: 'Source', Value: source }],
      Statistic: 'Minimum',
      Period: 900,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'breaching',
    });
  },
);

test.each(SOURCES)('more than fifty rejections of %s in five minutes ring', (source) => {
  expect(alarm(`rejected-spike-${source}`)).toMatchObject({
    Namespace: 'Hookgate/prod',
    MetricName: 'Rejected',
    Dimensions: [{ Name: 'Source', Value: source }],
    Statistic: 'Sum',
    Period: 300,
    Threshold: 50,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
});

test('one answer of 5xx rings', () => {
  expect(alarm('verifier-5xx-api')).toMatchObject({
    Namespace: 'AWS/ApiGateway',
    MetricName: '5XXError',
    Dimensions: [
      { Name: 'ApiName', Value: 'hookgate-prod' },
      { Name: 'Stage', Value: { Ref: idOf('AWS::ApiGateway::Stage', 'StageName', 'prod') } },
    ],
    Statistic: 'Sum',
    Period: 300,
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
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

  test('tells nobody unless a topic is configured', () => {
    for (const { Properties } of resourcesOf(template, 'AWS::CloudWatch::Alarm').values()) {
      expect(Properties).not.toHaveProperty('AlarmActions');
    }
  });

  test('tells the topic when it rings and when it is over', async () => {
    const plan = await planOf('prod');
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:111122223333:on-call';
    const told = Template.fromStack(stackOf({ ...plan, settings: { ...plan.settings, alarmTopicArn } }));
    told.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [alarmTopicArn],
      OKActions: [alarmTopicArn],
    });
  });
});

describe('an alarm is one file, one line in the list and one runbook page', () => {
  const files = readdirSync(join(root, 'lib', 'alarms'))
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((name) => name !== 'rule' && name !== 'list')
    .sort();

  test('every file is in the list, under its own name', () => {
    expect(alarmRules.map(({ name }) => name).sort()).toEqual(files);
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

  test('shows alarms first, then deliveries, refusals, answers, queues and processors', () => {
    expect(body().widgets.map(({ type, properties }) => properties.title ?? type)).toEqual([
      'Alarms',
      'Deliveries in, a minute',
      'Events processed, a minute',
      'Refused, a minute',
      'Answers, a minute',
      'Time to answer, ms',
      'Waiting events',
      'Oldest event, seconds',
      'Dead letters and parked events',
      'Failed, retried, parked, a minute',
      'Time to process (p95), ms',
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
      'Duplicate Source',
      'Failed Route Source',
      'Filtered Source',
      'Handshake Source',
      'Parked Route Source',
      'Processed Route Source',
      'ProcessingMs Route Source',
      'Rejected Source',
      'Retried Route Source',
      'Unavailable Source',
    ]);
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
