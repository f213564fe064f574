import { evaluateMath } from './math.ts';
import type { MetricStore, SeriesId } from './metric-store.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A statistic of one series over one period. */
export interface MetricStat {
  readonly series: SeriesId;
  readonly statistic: string;
  readonly periodMs: number;
}

/** `AWS::CloudWatch::Alarm`, what of it decides its state. */
export interface MetricAlarm {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  /** By the name under which the expression knows them. */
  readonly metrics: Readonly<Record<string, MetricStat>>;
  /** Metric math, or the name of the only metric. */
  readonly expression: string;
  readonly periodMs: number;
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
  readonly actions: readonly string[];
  /** Told when its data ends. */
  readonly insufficientDataActions: readonly string[];
}

export type Comparison =
  'GreaterThanThreshold' | 'GreaterThanOrEqualToThreshold' | 'LessThanThreshold' | 'LessThanOrEqualToThreshold';

const BREACHES: Readonly<Record<Comparison, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/**
 * More periods are looked at than are evaluated, because data comes late. AWS does not say how many; in the examples of
 * its page it is five for three.
 */
const LATE_PERIODS = 2;

/** How far back an alarm looks. */
export function rangeOf({ evaluationPeriods, periodMs }: MetricAlarm): number {
  return (evaluationPeriods + LATE_PERIODS) * periodMs;
}

/**
 * The state of an alarm at the end of a minute. Where enough of the range was measured, only that counts, however old;
 * else what is missing counts as the alarm says.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluate(
  alarm: MetricAlarm,
  store: MetricStore,
  now: number,
  current: AlarmState,
): { readonly state: AlarmState; readonly reason: string } {
  const { periodMs, evaluationPeriods, datapointsToAlarm: needed, treatMissingData: missing, threshold } = alarm;
  const values: number[] = [];
  for (let back = 0; back < evaluationPeriods + LATE_PERIODS; back++) {
    const to = now - back * periodMs;
    const value = valueOf(alarm, store, to - periodMs, to);
    if (value !== undefined) values.push(value);
  }
  // The newest count.
  const measured = values.slice(0, evaluationPeriods);
  const breaching = measured.filter((value) => BREACHES[alarm.comparison](value, threshold)).length;
  const absent = evaluationPeriods - measured.length;
  const state = (): AlarmState => {
    if (breaching + (missing === 'breaching' ? absent : 0) >= needed) return 'ALARM';
    if (absent === 0 || missing === 'breaching' || missing === 'notBreaching') return 'OK';
    if (measured.length === 0) return missing === 'ignore' ? current : 'INSUFFICIENT_DATA';
    if (breaching < measured.length) return 'OK';
    return missing === 'ignore' ? current : 'ALARM';
  };
  const seen = measured.length === 0 ? 'nothing' : measured.map((value) => String(round(value))).join(', ');
  const filled = absent > 0 ? `, ${absent} missing as ${missing}` : '';
  return {
    state: state(),
    reason: `${seen} in ${evaluationPeriods} × ${periodMs / 1000} s${filled}; ${COMPARED[alarm.comparison]} ${threshold} rings.`,
  };
}

const COMPARED: Readonly<Record<Comparison, string>> = {
  GreaterThanThreshold: 'more than',
  GreaterThanOrEqualToThreshold: 'at least',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'at most',
};

function valueOf(alarm: MetricAlarm, store: MetricStore, from: number, to: number): number | undefined {
  return evaluateMath(alarm.expression, (name) => {
    const metric = alarm.metrics[name];
    if (!metric) throw new Error(`The alarm ${alarm.name} names ${name}, which is none of its metrics.`);
    return store.statistic(metric.series, metric.statistic, from, to);
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
