import {
  Alarm,
  type AlarmBase,
  AlarmRule as Rule,
  AlarmState,
  CompositeAlarm,
  type IAlarm,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmRules, compositeRules } from './alarms/list.ts';
import type { AlarmRule, CompositeRule, Watch, Watched } from './alarms/rule.ts';

export interface AlarmsProps {
  readonly watched: Watched;
  /** Who is told. */
  readonly topic: ITopic;
  /** Where the pages are to be read. */
  readonly runbookUrl?: string | undefined;
  /** The name of a group, in its nested stack: what watches the stage as a whole is not there. */
  readonly group?: string;
  /** Those of the groups, in the stage's own stack. */
  readonly ofGroups?: readonly Alarms[];
}

/** Of a composite alarm. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html */
const MOST_UNDERLYING = 100;
const LONGEST_RULE = 10_240;
/** Of an alarm in a rule: its ARN up to the name, and what stands around it. */
const AROUND_A_NAME = 75;
/** Of a group; as many as there is room for if names are as long as they may be. */
const UNDERLYING_OF_A_PART = 50;

/** The alarms of `alarms/list.ts`. Each says what it means, where to look and which page says what to do. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly composite: ReadonlyMap<CompositeRule, readonly CompositeAlarm[]>;

  private readonly runbooks: string;

  constructor(scope: Construct, id: string, { watched, topic, runbookUrl, group, ofGroups = [] }: AlarmsProps) {
    super(scope, id);
    this.runbooks = runbookUrl ?? 'docs/runbook';
    const { stage } = watched;
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
          .filter(({ id }) => group === undefined || !watchesStage(rule, watched, id))
          .map((watch) => ({
            watch,
            alarm: silent(told(this.alarm(`${rule.name}-${watch.id}`, rule, watch, stage)), watch),
          })),
      ]),
    );
    this.all = [...byRule.values()].flat().map(({ alarm }) => alarm);
    this.composite = new Map(
      compositeRules.map((rule) => {
        const own = rule.of.flatMap(({ name }) =>
          (byRule.get(name) ?? []).flatMap(({ watch, alarm }) => (watch.alone ? [] : [alarm])),
        );
        const name = `hookgate-${stage}-${rule.name}`;
        if (group === undefined) {
          const all = [...own, ...ofGroups.flatMap(({ composite }) => composite.get(rule) ?? [])];
          this.node.addValidation({ validate: () => ruleProblems(name, all.length, own) });
          return [rule, [told(this.compositeAlarm(rule, rule.name, name, all))]];
        }
        // A part of the stage's alarm, which is the one that tells.
        return [
          rule,
          chunksOf(UNDERLYING_OF_A_PART, own).map((alarms, at) =>
            this.compositeAlarm(rule, `${rule.name}-${at + 1}`, `${name}-${group}-${at + 1}`, alarms),
          ),
        ];
      }),
    );
  }

  private compositeAlarm(rule: CompositeRule, id: string, name: string, alarms: readonly IAlarm[]): CompositeAlarm {
    return new CompositeAlarm(this, id, {
      compositeAlarmName: name,
      alarmDescription: [rule.meaning, '', this.runbook(rule.name)].join('\n'),
      alarmRule: Rule.anyOf(...alarms.map((alarm) => Rule.fromAlarm(alarm, AlarmState.ALARM))),
    });
  }

  private alarm(id: string, rule: { name: string; meaning: string }, watch: Watch, stage: string): Alarm {
    return new Alarm(this, id, {
      alarmName: `hookgate-${stage}-${id}`,
      alarmDescription: [rule.meaning, '', this.runbook(rule.name), `Look at: ${watch.link}`].join('\n'),
      metric: watch.metric,
      threshold: watch.threshold,
      comparisonOperator: watch.comparison,
      evaluationPeriods: watch.periods ?? 1,
      treatMissingData: watch.whenMissing,
    });
  }

  private runbook(name: string): string {
    return `Runbook: ${this.runbooks}/${name}.md`;
  }
}

/** Whether it is the stage's: there also where there is no source and no route. */
function watchesStage(rule: AlarmRule, watched: Watched, id: string): boolean {
  const { allowlists } = watched;
  const nothing = { sources: [], routes: [], controllers: {}, silences: new Map<string, number>() };
  const stage = { ...watched, ...nothing, ...(allowlists && { allowlists: { ...allowlists, sources: [] } }) };
  return rule.watch(stage).some((watch) => watch.id === id);
}

function ruleProblems(name: string, count: number, own: readonly Alarm[]): string[] {
  const length = own.reduce((sum, { node }) => sum + AROUND_A_NAME + name.length + node.id.length, 0);
  return count <= MOST_UNDERLYING && length <= LONGEST_RULE
    ? []
    : [
        `The alarm '${name}' would ring for any of ${count} alarms in some ${length} characters where CloudWatch takes ` +
          `${MOST_UNDERLYING} and ${LONGEST_RULE}: give sources that are not deployed yet a \`group\` in lib/config.ts.`,
      ];
}

export function chunksOf<T>(size: number, all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
