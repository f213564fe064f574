import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmRules } from './alarms/list.ts';
import type { Watched } from './alarms/rule.ts';

export interface AlarmsProps {
  readonly watched: Watched;
  /**
   * Who is told.
   * @default - alarms are only seen in the console
   */
  readonly topicArn?: string | undefined;
}

/** The alarms of `alarms/list.ts`. Each says what it means, where to look and which page says what to do. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, { watched, topicArn }: AlarmsProps) {
    super(scope, id);
    const topic = topicArn === undefined ? undefined : Topic.fromTopicArn(this, 'Topic', topicArn);
    this.all = alarmRules.flatMap((rule) =>
      rule.watch(watched).map((watch) => {
        const alarm = new Alarm(this, `${rule.name}-${watch.id}`, {
          alarmName: `hookgate-${watched.stage}-${rule.name}-${watch.id}`,
          alarmDescription: [rule.meaning, '', `Runbook: docs/runbook/${rule.name}.md`, `Look at: ${watch.link}`].join(
            '\n',
          ),
          metric: watch.metric,
          threshold: watch.threshold,
          comparisonOperator: watch.comparison,
          evaluationPeriods: 1,
          treatMissingData: watch.whenMissing,
        });
        if (topic) {
          alarm.addAlarmAction(new SnsAction(topic));
          alarm.addOkAction(new SnsAction(topic));
        }
        return alarm;
      }),
    );
  }
}
