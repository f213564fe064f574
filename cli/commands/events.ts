import { type Command, InvalidArgumentError } from 'commander';
import { type EventView } from '../../lambdas/core/event-view.ts';
import { STATUSES } from '../../lambdas/core/record.ts';
import { readAnswer } from '../admin-answer.ts';
import { connect, type Where } from '../connection.ts';
import { sourceNamed, sourcesOf } from '../gateway.ts';
import { inert } from '../inert.ts';
import { suggestion } from '../nearest.ts';
import { wholeNumber, withConnection, withJson } from '../options.ts';
import { print, printJson } from '../print.ts';
import { table } from '../table.ts';

interface Options extends Where {
  readonly json?: true;
  readonly source?: string;
  readonly status?: string;
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
    .option('--limit <count>', 'how many, at most 200', wholeNumber(1, 200), 50)
    .option('--next <cursor>', 'go on where an earlier page ended');
  withJson(withConnection(command)).action(events);
}

async function events(options: Options): Promise<void> {
  const { source, status, next } = options;
  const sources = await sourcesOf(options.stage);
  if (source !== undefined) sourceNamed(source, sources);
  const page = readAnswer(
    await connect(options, process.env).admin('events', {
      ...(source !== undefined && { source }),
      ...(status !== undefined && { status }),
      limit: String(options.limit),
      ...(next !== undefined && { next }),
    }),
  );
  if (options.json) return printJson(page);
  const list = page['events'] as readonly EventView[];
  print(list.length === 0 ? 'No events.' : table(TITLES, list.map(row)));
  if (typeof page['next'] === 'string') print(`\nMore: add --next ${inert(page['next'])}`);
}

const TITLES = ['RECEIVED', 'SOURCE', 'TYPE', 'STATUS', 'ATTEMPT', 'ID'];

function row({ receivedAt, source, type, status, attempt, eventId, key }: EventView): readonly string[] {
  return [receivedAt, source, type, status, String(attempt), eventId ?? key];
}

export function statusNamed(text: string): string {
  const status = text.toUpperCase();
  if (STATUSES.some((known) => known === status)) return status;
  throw new InvalidArgumentError(suggestion(text, STATUSES));
}
