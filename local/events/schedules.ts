import { randomUUID } from 'node:crypto';
import type { Schedule } from '../template/desired.ts';

export interface SchedulesOptions {
  readonly schedules: readonly Schedule[];
  readonly region: string;
  readonly account: string;
  readonly invoke: (functionArn: string, event: string) => Promise<unknown>;
}

/** Starts the template's schedules; the first run comes after one interval, as there. Returns what stops them. */
export function startSchedules({ schedules, region, account, invoke }: SchedulesOptions): () => void {
  const timers = schedules.map((schedule) =>
    setInterval(
      () => void invoke(schedule.functionArn, schedule.input ?? scheduledEvent(schedule, region, account)),
      schedule.everyMs,
    ),
  );
  return () => timers.forEach((timer) => clearInterval(timer));
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
function scheduledEvent({ name }: Schedule, region: string, account: string): string {
  return JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: `${new Date().toISOString().slice(0, 19)}Z`,
    region,
    resources: [`arn:aws:events:${region}:${account}:rule/${name}`],
    detail: {},
  });
}
