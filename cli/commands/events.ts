import { type Command, InvalidArgumentError } from 'commander';
import type { EventView } from '../../lambdas/core/admin/event-view.ts';
import { STATUSES } from '../../lambdas/core/record.ts';
import { readAnswer } from '../admin-answer.ts';
import { connect, type Where } from '../connection.ts';
import { sourceNamed, sourcesOf } from '../gateway.ts';
import { inert } from '../inert.ts';
import { suggestion } from '../nearest.ts';
import { isoTime, wholeNumber, withConnection, withJson } from '../options.ts';
import { print, printJson } from '../print.ts';
import { Progress } from '../progress.ts';
import { table } from '../table.ts';

interface Options extends Where {
  readonly json?: true;
  readonly source?: string;
  readonly status?: string;
  readonly type?: string;
  readonly text?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
  readonly next?: string;
}

export function addEvents(program: Command): void {
  const command = program
    .command('events')
    .summary('list events, newest first')
    .description('List events, newest first.')
    .option('--source <source>', 'only of this source')
    .option('--status <status>', `only in this state: ${STATUSES.join(', ')}`, statusNamed)
    .option('--type <type>', 'only of this type')
    .option('--text <text>', 'with this in id, key, type or last error')
    .option('--from <time>', 'received at this time or later, ISO 8601', isoTime)
    .option('--to <time>', 'received before this time', isoTime)
    .option('--limit <count>', 'how many, at most 200', wholeNumber(1, 200), 50)
    .option('--next <cursor>', 'go on where an earlier page ended');
  withJson(withConnection(command)).action(events);
}

async function events(options: Options): Promise<void> {
  const { source, limit, json } = options;
  const sources = await sourcesOf(options.stage);
  if (source !== undefined) sourceNamed(source, sources);
  const connection = connect(options, process.env);
  const progress = new Progress('found');
  const list: EventView[] = [];
  let { next } = options;
  // A page may come back short where few events are what is asked for; the next goes on.
  do {
    const page: Record<string, unknown> = readAnswer(
      await connection.admin('events', {
        ...filterOf(options),
        limit: String(limit - list.length),
        ...given({ next }),
      }),
    );
    list.push(...(page['events'] as readonly EventView[]));
    next = typeof page['next'] === 'string' ? page['next'] : undefined;
    progress.show(list.length, limit);
  } while (next !== undefined && list.length < limit);
  progress.end();
  if (json) return printJson({ events: list, next: next ?? null });
  print(list.length === 0 ? 'No events.' : eventTable(list));
  if (next !== undefined) print(`\nMore: add --next ${inert(next)}`);
}

function filterOf({ source, status, type, text, from, to }: Options): Record<string, string> {
  return given({ source, status, type, text, from, to });
}

function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

const TITLES = ['RECEIVED', 'SOURCE', 'TYPE', 'STATUS', 'ATTEMPT', 'ID'];

/** Why they failed is a column where one did. */
function eventTable(events: readonly EventView[]): string {
  const whyToo = events.some(({ lastError }) => lastError !== null);
  const rows = events.map((event) => [...row(event), ...(whyToo ? [event.lastError ?? '-'] : [])]);
  return table(whyToo ? [...TITLES, 'LAST ERROR'] : TITLES, rows);
}

function row({ receivedAt, source, type, status, attempt, eventId, key }: EventView): readonly string[] {
  return [receivedAt, source, type, status, String(attempt), eventId ?? key];
}

export function statusNamed(text: string): string {
  const status = text.toUpperCase();
  if (STATUSES.some((known) => known === status)) return status;
  throw new InvalidArgumentError(suggestion(text, STATUSES));
}
