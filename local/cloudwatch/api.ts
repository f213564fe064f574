import { AwsError } from '../aws/error.ts';
import type { Action, Json, JsonService } from '../aws/json-server.ts';
import type { AlarmBook } from './alarm-book.ts';
import type { AlarmState, MetricAlarm } from './alarm.ts';
import type { CompositeAlarm } from './composite-alarm.ts';
import type { MetricStore } from './metric-store.ts';

export interface CloudWatchApiOptions {
  readonly store: MetricStore;
  readonly alarms: AlarmBook;
  /** Takes in what the functions have written since; called before metrics are read. */
  readonly refresh: () => void;
  readonly now: () => number;
}

const STATES: readonly AlarmState[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];
const MOST_QUERIES = 500;
const LEAST_PERIOD_SECONDS = 60;

/**
 * The part of CloudWatch that Hookgate and its operators call: `DescribeAlarms`, `SetAlarmState` and `GetMetricData`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html
 */
export function cloudWatchApi(options: CloudWatchApiOptions): JsonService {
  const { alarms, now } = options;
  const actions = new Map<string, Action>([
    ['DescribeAlarms', (input) => describeAlarms(alarms, input)],
    [
      'SetAlarmState',
      ({ AlarmName, StateValue, StateReason }) => {
        const state = STATES.find((known) => known === StateValue);
        if (!state) throw new AwsError('ValidationError', `StateValue is one of ${STATES.join(', ')}.`);
        alarms.set(String(AlarmName), state, typeof StateReason === 'string' ? StateReason : '', now());
      },
    ],
    ['GetMetricData', (input) => getMetricData(options, input)],
  ]);
  return {
    contentType: 'application/x-amz-json-1.0',
    errorPrefix: 'com.amazonaws.cloudwatch#',
    actions,
  };
}

/** With `AlarmNames`, `AlarmNamePrefix`, `StateValue` and `AlarmTypes`; all on one page. */
function describeAlarms(alarms: AlarmBook, input: Json): Json {
  const { AlarmNames: names, AlarmNamePrefix: prefix = '', StateValue: state, AlarmTypes: types } = input;
  const wanted = ({ name }: { readonly name: string }) =>
    (!Array.isArray(names) || names.includes(name)) &&
    name.startsWith(String(prefix)) &&
    (state === undefined || alarms.status(name).state === state);
  // AWS gives metric alarms only, unless it is asked for others.
  const composites = Array.isArray(types) && types.includes('CompositeAlarm');
  const metric = !Array.isArray(types) || types.includes('MetricAlarm');
  return {
    MetricAlarms: metric ? alarms.metricAlarms.filter(wanted).map((alarm) => metricAlarm(alarms, alarm)) : [],
    CompositeAlarms: composites ? alarms.compositeAlarms.filter(wanted).map((alarm) => composite(alarms, alarm)) : [],
  };
}

function metricAlarm(alarms: AlarmBook, alarm: MetricAlarm): Json {
  return {
    ...common(alarms, alarm),
    InsufficientDataActions: alarm.insufficientDataActions,
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparison,
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    TreatMissingData: alarm.treatMissingData,
  };
}

function composite(alarms: AlarmBook, alarm: CompositeAlarm): Json {
  return { ...common(alarms, alarm), AlarmRule: alarm.rule };
}

function common(alarms: AlarmBook, { name, arn, description, actions }: MetricAlarm | CompositeAlarm): Json {
  const { state, reason, since } = alarms.status(name);
  return {
    AlarmName: name,
    AlarmArn: arn,
    AlarmDescription: description,
    ActionsEnabled: true,
    AlarmActions: actions,
    StateValue: state,
    StateReason: reason,
    StateTransitionedTimestamp: since / 1000,
    StateUpdatedTimestamp: since / 1000,
  };
}

/** `MetricStat` queries; periods count from the start that was asked for, newest first as AWS gives them. */
function getMetricData({ store, refresh }: CloudWatchApiOptions, input: Json): Json {
  const queries = Array.isArray(input['MetricDataQueries']) ? (input['MetricDataQueries'] as Json[]) : [];
  if (queries.length === 0 || queries.length > MOST_QUERIES) {
    throw new AwsError('ValidationError', `MetricDataQueries has 1 to ${MOST_QUERIES} members.`);
  }
  const [start, end] = [milliseconds(input['StartTime']), milliseconds(input['EndTime'])];
  if (!(start < end)) throw new AwsError('ValidationError', 'StartTime must be before EndTime.');
  refresh();
  return {
    MetricDataResults: queries.map((query) => ({ ...results(store, query, start, end), StatusCode: 'Complete' })),
  };
}

function results(store: MetricStore, { Id, MetricStat }: Json, start: number, end: number): Json {
  if (typeof MetricStat !== 'object' || MetricStat === null) {
    throw new AwsError('ValidationError', 'The local host answers queries with a MetricStat only.');
  }
  const { Metric, Period, Stat } = MetricStat as { Metric: Json; Period: number; Stat: string };
  if (!(Number.isInteger(Period) && Period >= LEAST_PERIOD_SECONDS && Period % LEAST_PERIOD_SECONDS === 0)) {
    throw new AwsError('ValidationError', 'Period is a whole number of minutes, in seconds.');
  }
  const dimensions = Object.fromEntries(
    ((Metric['Dimensions'] ?? []) as { Name: string; Value: string }[]).map(({ Name, Value }) => [Name, Value]),
  );
  const series = { namespace: String(Metric['Namespace']), name: String(Metric['MetricName']), dimensions };
  const points: { at: number; value: number }[] = [];
  for (let at = start; at < end; at += Period * 1000) {
    const value = store.statistic(series, Stat, at, Math.min(at + Period * 1000, end));
    if (value !== undefined) points.unshift({ at, value });
  }
  return {
    Id,
    Label: series.name,
    Timestamps: points.map(({ at }) => at / 1000),
    Values: points.map(({ value }) => value),
  };
}

/** Seconds since the epoch to the whole minute before. */
function milliseconds(value: unknown): number {
  return Math.floor(Number(value) / 60) * 60_000;
}
