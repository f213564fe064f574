import { Alarm, type AlarmBase, AlarmRule as Rule, AlarmState, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmRules, compositeRules } from './alarms/list.ts';
import type { Watch, Watched } from './alarms/rule.ts';

export interface AlarmsProps {
  readonly watched: Watched;
  /** Who is told. */
  readonly topic: ITopic;
}

/** The alarms of `alarms/list.ts`. Each says what it means, where to look and which page says what to do. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly composite: readonly CompositeAlarm[];

  constructor(scope: Construct, id: string, { watched, topic }: AlarmsProps) {
    super(scope, id);
    const tell = new SnsAction(topic);
    const told = <A extends AlarmBase>(alarm: A): A => {
      alarm.addAlarmAction(tell);
      alarm.addOkAction(tell);
      return alarm;
    };
    const silent = (alarm: Alarm, { tellsOfSilence }: Watch): Alarm => {
      if (tellsOfSilence) alarm.addInsufficientDataAction(tell);
      return alarm;
    };
    const byRule = new Map(
      alarmRules.map((rule) => [
        rule.name,
        rule
          .watch(watched)
          .map((watch) => silent(told(this.alarm(`${rule.name}-${watch.id}`, rule, watch, watched.stage)), watch)),
      ]),
    );
    this.all = [...byRule.values()].flat();
    this.composite = compositeRules.map(({ name, meaning, of }) =>
      told(
        new CompositeAlarm(this, name, {
          compositeAlarmName: `hookgate-${watched.stage}-${name}`,
          alarmDescription: [meaning, '', runbook(name)].join('\n'),
          alarmRule: Rule.anyOf(
            ...of.flatMap((rule) =>
              (byRule.get(rule.name) ?? []).map((alarm) => Rule.fromAlarm(alarm, AlarmState.ALARM)),
            ),
          ),
        }),
      ),
    );
  }

  private alarm(id: string, rule: { name: string; meaning: string }, watch: Watch, stage: string): Alarm {
    return new Alarm(this, id, {
      alarmName: `hookgate-${stage}-${id}`,
      alarmDescription: [rule.meaning, '', runbook(rule.name), `Look at: ${watch.link}`].join('\n'),
      metric: watch.metric,
      threshold: watch.threshold,
      comparisonOperator: watch.comparison,
      evaluationPeriods: watch.periods ?? 1,
      treatMissingData: watch.whenMissing,
    });
  }
}

function runbook(name: string): string {
  return `Runbook: docs/runbook/${name}.md`;
}
