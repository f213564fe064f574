import { readFile } from 'node:fs/promises';
import { AwsError } from '../aws/error.ts';
import type { Json } from '../aws/json-server.ts';
import { errorCode } from '../error-code.ts';

/** One field of a JSON line that is a text, in which `*` stands for any. */
const PATTERN = /^\{ \$\.(\w+) = "([^"\\]*)" \}$/;
const MOST_EVENTS = 10_000;

interface Found {
  readonly timestamp: number;
  readonly message: string;
}

/**
 * `FilterLogEvents` over the files that a log group is here, oldest first.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 *
 * @param paths the group's files; one that is not there is empty
 */
export async function filterLogEvents(paths: readonly string[], input: Json): Promise<Json> {
  const [, field, wanted] = PATTERN.exec(String(input['filterPattern'])) ?? [];
  if (field === undefined || wanted === undefined) {
    throw new AwsError('InvalidParameterException', 'The local host filters by { $.field = "text" } only.');
  }
  const [from, to] = [Number(input['startTime'] ?? 0), Number(input['endTime'] ?? Number.MAX_SAFE_INTEGER)];
  const found: Found[] = [];
  for (const path of paths) {
    for (const message of linesWith(await contentOf(path), longestOf(wanted))) {
      const event = eventOf(message, field, patternOf(wanted));
      if (event && event.timestamp >= from && event.timestamp <= to) found.push(event);
    }
  }
  found.sort((a, b) => a.timestamp - b.timestamp);
  const start = Number(input['nextToken'] ?? 0);
  const end = start + Math.min(MOST_EVENTS, Number(input['limit'] ?? MOST_EVENTS));
  return {
    events: found
      .slice(start, end)
      .map((event, at) => ({ ...event, logStreamName: 'local', eventId: String(start + at) })),
    searchedLogStreams: [],
    ...(found.length > end && { nextToken: String(end) }),
  };
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** The lines that have a text anywhere; a log of many megabytes is not parsed for one event. */
function* linesWith(content: Buffer, part: string): Generator<string> {
  let at = content.indexOf(part);
  while (at !== -1) {
    const end = content.indexOf(0x0a, at);
    if (end === -1) return;
    yield content.toString('utf8', content.lastIndexOf(0x0a, at) + 1, end);
    at = content.indexOf(part, end);
  }
}

function longestOf(wanted: string): string {
  return wanted.split('*').reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

/** Of a text in which `*` stands for any. */
export function patternOf(wanted: string): RegExp {
  return new RegExp(`^${wanted.replaceAll(/[.+?^${}()|[\]\\/]/g, '\\$&').replaceAll('*', '.*')}$`, 's');
}

function eventOf(message: string, field: string, pattern: RegExp): Found | undefined {
  try {
    const line = JSON.parse(message) as Readonly<Record<string, unknown>>;
    const value = line[field];
    const timestamp = Date.parse(String(line['timestamp']));
    return typeof value === 'string' && pattern.test(value) && timestamp >= 0 ? { timestamp, message } : undefined;
  } catch {
    return undefined;
  }
}
