import type { Answer } from '../verdict.ts';

/** One alarm as people see it. */
export interface AlarmView {
  /** Without `hookgate-<stage>-`. */
  readonly alarm: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** ISO 8601. */
  readonly since: string | null;
  readonly reason: string;
  /** Whoever is told of it is told when its data ends, too: without data it can't do what it is for. */
  readonly tellsOfSilence: boolean;
  /** Address of the page that says what to do. */
  readonly runbook: string | null;
}

const ORDER: readonly AlarmView['state'][] = ['ALARM', 'INSUFFICIENT_DATA', 'OK'];

/** `GET /admin/alarms`: what rings comes first. */
export async function administerAlarms(read: () => Promise<readonly AlarmView[]>): Promise<Answer> {
  const alarms = [...(await read())].sort(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.alarm < b.alarm ? -1 : 1),
  );
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ alarms }) };
}
