import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { HistoryLine, HistoryLog, Writer } from '../core/admin/event-history.ts';
import type { Clock } from '../core/ports.ts';
import type { EventRecord } from '../core/record.ts';
import { logGroupName } from '../core/source.ts';
import { inert } from './reports/log.ts';

/** The clocks of two functions, and of what stamps their lines, may differ by so much. */
const SLACK_MS = 60_000;
/** Of each log group. A page is what CloudWatch has looked through in a moment, and may well be empty. */
const MOST_PAGES = 30;
/** After so long no further page is asked for: whoever waits has no more than twenty seconds. */
const LONGEST_READ_MS = 12_000;
/** A pattern ends at 1,024 characters. */
const LONGEST_IN_PATTERN = 900;

/**
 * The lines of verifier, processor and admin API about one event, found by its key since it was received.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export function eventHistory(client: CloudWatchLogsClient, stage: string, clock: Clock): HistoryLog {
  async function linesOf(writer: Writer, logGroup: string, record: EventRecord, giveUpAt: number) {
    const key = inert(record.pk);
    const lines: HistoryLine[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES && clock.now() < giveUpAt; page++) {
      const found = await client.send(
        new FilterLogEventsCommand({
          logGroupName: logGroup,
          filterPattern: `{ $.key = "${patternOf(key)}" }`,
          startTime: record.receivedAt - SLACK_MS,
          endTime: clock.now() + SLACK_MS,
          nextToken,
        }),
      );
      for (const { timestamp, message } of found.events ?? []) {
        const fields = fieldsOf(message);
        if (timestamp !== undefined && fields?.['key'] === key)
          lines.push({ writer, at: timeOf(fields) ?? timestamp, fields });
      }
      nextToken = found.nextToken;
      if (nextToken === undefined) return { lines, complete: true };
    }
    return { lines, complete: false };
  }

  return {
    read: async (record) => {
      const { source, route } = record;
      const giveUpAt = clock.now() + LONGEST_READ_MS;
      const groups: (readonly [Writer, string])[] = [
        ['verifier', logGroupName(stage, 'verifier')],
        ['admin', logGroupName(stage, 'admin')],
      ];
      if (route !== undefined) groups.push(['processor', logGroupName(stage, source, route)]);
      const parts = await Promise.all(groups.map(([writer, group]) => linesOf(writer, group, record, giveUpAt)));
      return { lines: parts.flatMap(({ lines }) => lines), complete: parts.every(({ complete }) => complete) };
    },
  };
}

/**
 * What the pattern's language could read as its own stands as `*`, any text: the lines are compared with the whole key.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
function patternOf(key: string): string {
  const plain = key.replace(/[^\w#/.:@=+~-]+/g, '*');
  return plain.length > LONGEST_IN_PATTERN ? `${plain.slice(0, LONGEST_IN_PATTERN)}*` : plain;
}

function fieldsOf(message: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(message ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A line's own time is when it was written; CloudWatch's may be when it was sent there. */
function timeOf({ timestamp }: Readonly<Record<string, unknown>>): number | undefined {
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
