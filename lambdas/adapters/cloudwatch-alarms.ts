import { type CloudWatchClient, type DescribeAlarmsOutput, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { AlarmView } from '../core/admin/alarms.ts';

/** Reads the alarms of a stage, metric alarms and composites. */
export function cloudWatchAlarms(client: CloudWatchClient, stage: string): () => Promise<readonly AlarmView[]> {
  const AlarmNamePrefix = `hookgate-${stage}-`;
  return async () => {
    const alarms: AlarmView[] = [];
    let NextToken: string | undefined;
    do {
      const page: DescribeAlarmsOutput = await client.send(
        new DescribeAlarmsCommand({
          AlarmNamePrefix,
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          ...(NextToken !== undefined && { NextToken }),
        }),
      );
      for (const alarm of [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])]) {
        alarms.push({
          alarm: (alarm.AlarmName ?? '').slice(AlarmNamePrefix.length),
          state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
          since: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.toISOString() ?? null,
          reason: alarm.StateReason ?? '',
          tellsOfSilence: (alarm.InsufficientDataActions ?? []).length > 0,
          runbook: /Runbook: (\S+)/.exec(alarm.AlarmDescription ?? '')?.[1] ?? null,
        });
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return alarms;
  };
}
