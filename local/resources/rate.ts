import { Refusal } from '../refusal.ts';

const UNITS_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** `rate(5 minutes)` in milliseconds. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html */
export function rateToMs(expression: string, id: string): number {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const unitMs = UNITS_MS[unit];
  if (unitMs === undefined)
    throw new Refusal(
      `${id} has the schedule ${expression}, and the local host runs rate(…) only: write it so, as rate(1 minute).`,
    );
  return Number(count) * unitMs;
}
