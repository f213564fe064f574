import type { Command } from 'commander';
import { type EventView } from '../../lambdas/core/event-view.ts';
import { readAnswer } from '../admin-answer.ts';
import { connect, type Where } from '../connection.ts';
import { usage } from '../failure.ts';
import { sourceNamed, sourcesOf } from '../gateway.ts';
import { withConnection, withJson } from '../options.ts';
import { print, printJson } from '../print.ts';
import { listing } from '../table.ts';

type Options = Where & { readonly json?: true };

export function addShow(program: Command): void {
  const command = program
    .command('show')
    .summary('show what became of one event')
    .description('Show what became of one event.')
    .argument('<source>', 'a source of lib/config.ts')
    .argument('<id>', "the provider's id of the event, or its key");
  withJson(withConnection(command)).action(show);
}

async function show(name: string, id: string, options: Options): Promise<void> {
  const source = sourceNamed(name, await sourcesOf(options.stage));
  if (id === '' || id === '.' || id === '..') throw usage('That is no id of an event.');
  const path = `events/${source.name}/${encodeURIComponent(id)}`;
  const answer = readAnswer(await connect(options, process.env).admin(path, {}));
  if (options.json) return printJson(answer);
  const event = answer as unknown as EventView;
  print(
    listing([
      ['source', event.source],
      ['id', event.eventId],
      ['key', event.key === event.eventId ? null : event.key],
      ['type', event.type],
      ['route', event.route],
      ['status', event.status],
      ['attempt', event.attempt],
      ['epoch', event.epoch === 0 ? null : event.epoch],
      ['received', event.receivedAt],
      ['waits for', waitOf(event)],
      ['done', event.doneAt],
      ['processing', event.processingMs === null ? null : `${event.processingMs} ms`],
      ['last error', event.lastError],
      ['body', `${event.bodyBytes} bytes, SHA-256 ${event.bodySha256}`],
    ]),
  );
}

const WAITS: Readonly<Record<NonNullable<EventView['waitsFor']>['what'], string>> = {
  claim: 'a processor to take it; sent again',
  lease: 'the execution that holds it, at most until',
  retry: 'its next try,',
  'next-queue': 'its next try, as a dead letter,',
  person: 'a person: replay it, or redrive its queue',
};

function waitOf({ waitsFor }: EventView): string | null {
  if (!waitsFor) return null;
  const { what, until } = waitsFor;
  return what === 'person' ? WAITS.person : `${WAITS[what]} ${until ?? 'with its next delivery'}`;
}
