import { AwsError } from '../aws/error.ts';
import { type AlarmState, evaluate, type MetricAlarm, rangeOf } from './alarm.ts';
import { type CompositeAlarm, holds } from './composite-alarm.ts';
import type { MetricStore } from './metric-store.ts';

export interface Status {
  readonly state: AlarmState;
  readonly reason: string;
  /** When it came into this state, in milliseconds since the epoch. */
  readonly since: number;
}

export interface StateChange {
  readonly alarm: MetricAlarm | CompositeAlarm;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly reason: string;
}

export interface AlarmBookOptions {
  readonly metricAlarms: readonly MetricAlarm[];
  readonly compositeAlarms: readonly CompositeAlarm[];
  readonly store: MetricStore;
  /** When this host began to measure: what is missing from before says nothing. */
  readonly since: number;
  readonly onChange: (change: StateChange) => void;
}

/** The template's alarms with their states. Time is told, never looked up. */
export class AlarmBook {
  readonly metricAlarms: readonly MetricAlarm[];
  readonly compositeAlarms: readonly CompositeAlarm[];
  readonly #options: AlarmBookOptions;
  readonly #states = new Map<string, Status>();

  constructor(options: AlarmBookOptions) {
    this.#options = options;
    this.metricAlarms = options.metricAlarms;
    this.compositeAlarms = options.compositeAlarms;
    const nothing: Status = { state: 'INSUFFICIENT_DATA', reason: 'Not evaluated yet.', since: options.since };
    for (const { name } of [...this.metricAlarms, ...this.compositeAlarms]) this.#states.set(name, nothing);
  }

  /** By name or ARN. */
  status(nameOrArn: string): Status {
    const name = nameOrArn.slice(nameOrArn.lastIndexOf(':') + 1);
    const status = this.#states.get(name);
    if (!status) throw new AwsError('ResourceNotFound', `There is no alarm ${name}.`, { status: 404 });
    return status;
  }

  /** Looks at all alarms as of the last whole minute. */
  evaluate(now: number): void {
    const minute = Math.floor(now / 60_000) * 60_000;
    for (const alarm of this.metricAlarms) {
      const unknown = alarm.treatMissingData === 'breaching' && minute - rangeOf(alarm) < this.#options.since;
      if (unknown) {
        this.#change(alarm, 'INSUFFICIENT_DATA', 'This host has not run for as long as the alarm looks back.', now);
        continue;
      }
      const { state, reason } = evaluate(alarm, this.#options.store, minute, this.status(alarm.name).state);
      this.#change(alarm, state, reason, now);
    }
    this.#evaluateComposites(now);
  }

  /**
   * Puts an alarm into a state until it is evaluated next, which is how one is tried.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
   */
  set(name: string, state: AlarmState, reason: string, now: number): void {
    const alarm = [...this.metricAlarms, ...this.compositeAlarms].find((one) => one.name === name);
    if (!alarm) throw new AwsError('ResourceNotFound', `There is no alarm ${name}.`, { status: 404 });
    this.#change(alarm, state, reason, now);
    this.#evaluateComposites(now);
  }

  #evaluateComposites(now: number): void {
    for (const alarm of this.compositeAlarms) {
      const rings = holds(alarm.rule, (other) => this.status(other).state);
      this.#change(alarm, rings ? 'ALARM' : 'OK', rings ? `It holds: ${this.#ringing(alarm)}.` : 'None rings.', now);
    }
  }

  #ringing({ rule }: CompositeAlarm): string {
    const named = this.metricAlarms.filter(({ arn, name }) => rule.includes(`"${arn}"`) || rule.includes(`"${name}"`));
    return named
      .filter(({ name }) => this.status(name).state === 'ALARM')
      .map(({ name }) => name)
      .join(', ');
  }

  #change(alarm: MetricAlarm | CompositeAlarm, state: AlarmState, reason: string, now: number): void {
    const before = this.status(alarm.name);
    this.#states.set(alarm.name, { state, reason, since: before.state === state ? before.since : now });
    if (before.state !== state) this.#options.onChange({ alarm, from: before.state, to: state, reason });
  }
}
