import type { Comparison, MetricAlarm, MetricStat } from '../cloudwatch/alarm.ts';
import { Refusal } from '../refusal.ts';
import {
  arn,
  list,
  object,
  optionalText,
  physicalName,
  type Place,
  type Resource,
  type ResourceType,
} from '../template/resource-type.ts';

const nameOf = (resource: Resource, place: Place) => physicalName(resource, place, 'AlarmName');
export const alarmArn = (resource: Resource, place: Place) =>
  arn(place, 'cloudwatch', `alarm:${nameOf(resource, place)}`);

const COMPARISONS: readonly Comparison[] = [
  'GreaterThanThreshold',
  'GreaterThanOrEqualToThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html */
export const cloudWatchAlarm: ResourceType = {
  type: 'AWS::CloudWatch::Alarm',
  ref: nameOf,
  attributes: { Arn: alarmArn },
  add: (resource, place, desired) => {
    const { properties } = resource;
    const comparison = COMPARISONS.find((known) => known === properties['ComparisonOperator']);
    if (!comparison) {
      throw new Refusal(
        `${resource.id} compares by ${String(properties['ComparisonOperator'])}, which the local host does not know: ` +
          `use one of ${COMPARISONS.join(', ')}.`,
      );
    }
    const evaluationPeriods = Number(properties['EvaluationPeriods']);
    desired.metricAlarms.push({
      name: nameOf(resource, place),
      arn: alarmArn(resource, place),
      description: optionalText(properties['AlarmDescription']),
      ...watched(properties),
      threshold: Number(properties['Threshold']),
      comparison,
      evaluationPeriods,
      datapointsToAlarm: Number(properties['DatapointsToAlarm'] ?? evaluationPeriods),
      treatMissingData: (properties['TreatMissingData'] ?? 'missing') as MetricAlarm['treatMissingData'],
      actions: texts(properties['AlarmActions']),
      insufficientDataActions: texts(properties['InsufficientDataActions']),
    });
  },
};

function texts(value: unknown): readonly string[] {
  return ((value ?? []) as readonly unknown[]).map(String);
}

/** One metric, or several and an expression over them. */
function watched(properties: Resource['properties']): Pick<MetricAlarm, 'metrics' | 'expression' | 'periodMs'> {
  const several = list(properties['Metrics']);
  if (several.length === 0) {
    const { Namespace, MetricName, Dimensions, Period, Statistic, ExtendedStatistic } = properties;
    const only = stat({ Namespace, MetricName, Dimensions }, Period, Statistic ?? ExtendedStatistic);
    return { metrics: { only }, expression: 'only', periodMs: only.periodMs };
  }
  const metrics = Object.fromEntries(
    several.flatMap((one) => {
      if (!('MetricStat' in one)) return [];
      const { Metric, Period, Stat } = object(one['MetricStat']);
      return [[String(one['Id']), stat(object(Metric), Period, Stat)] as const];
    }),
  );
  const returned = several.find((one) => one['ReturnData'] !== false);
  const [first] = Object.values(metrics);
  return {
    metrics,
    expression: String(returned?.['Expression'] ?? returned?.['Id']),
    periodMs: first?.periodMs ?? 60_000,
  };
}

function stat(metric: Resource['properties'], period: unknown, statistic: unknown): MetricStat {
  const dimensions = Object.fromEntries(
    list(metric['Dimensions']).map(({ Name, Value }) => [String(Name), String(Value)] as const),
  );
  return {
    series: { namespace: String(metric['Namespace']), name: String(metric['MetricName']), dimensions },
    statistic: String(statistic),
    periodMs: Number(period) * 1000,
  };
}
