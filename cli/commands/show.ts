import type { Command } from 'commander';
import type { EventView } from '../../lambdas/core/admin/event-view.ts';
import type { HistoryEntry } from '../../lambdas/core/admin/event-history.ts';
import { readAnswer } from '../admin-answer.ts';
import { connect, type Where } from '../connection.ts';
import { usage } from '../failure.ts';
import { sourceNamed, sourcesOf } from '../gateway.ts';
import { historyTable } from '../history.ts';
import { withConnection, withJson } from '../options.ts';
import { print, printJson, remark } from '../print.ts';
import { listing } from '../table.ts';

interface History {
  readonly entries: readonly HistoryEntry[];
  readonly complete: boolean;
}

type Options = Where & { readonly json?: true };

export function addShow(program: Command): void {
  const command = program
    .command('show')
    .summary('show what became of one event')
    .description(
      'Show what became of one event: its deliveries, attempts and waits, as far as the logs of the functions are kept.',
    )
    .argument('<source>', 'a source of lib/config.ts')
    .argument('<id>', "the provider's id of the event, or its key");
  withJson(withConnection(command)).action(show);
}

async function show(name: string, id: string, options: Options): Promise<void> {
  const source = sourceNamed(name, await sourcesOf(options.stage));
  if (id === '' || id === '.' || id === '..') throw usage('That is no id of an event.');
  const connection = connect(options, process.env);
  const named = `${source.name}/${encodeURIComponent(id)}`;
  const [answer, told] = await Promise.all([
    connection.admin(`events/${named}`, {}),
    connection.admin(`history/${named}`, {}),
  ]);
  const event = readAnswer(answer) as unknown as EventView;
  // The record is there when the logs are not.
  const history = told.status === 200 ? (readAnswer(told) as unknown as History) : undefined;
  if (options.json) {
    return printJson({ ...event, history: history?.entries ?? null, historyComplete: history?.complete ?? false });
  }
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
  if (!history) return remark('\nIts history can not be read now: the logs of the functions did not answer.');
  if (history.entries.length > 0) print(`\n${historyTable(history.entries)}`);
  if (!history.complete) remark('\nThere is more in the logs than one request reads: search them for the key.');
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
