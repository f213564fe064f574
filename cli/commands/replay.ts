import type { Command } from 'commander';
import { type Selection, replayMany } from '../bulk-replay.ts';
import { connect, type Where } from '../connection.ts';
import { usage } from '../failure.ts';
import { sourceNamed, sourcesOf } from '../gateway.ts';
import { isoTime, wholeNumber, withConnection, withJson } from '../options.ts';
import { INVOCATION, print, printJson } from '../print.ts';
import { replayOne, sentence } from '../replay.ts';
import { statusNamed } from './events.ts';

interface Options extends Where, Omit<Selection, 'status' | 'rate'> {
  readonly json?: true;
  readonly status?: string;
  readonly rate: number;
}

export function addReplay(program: Command): void {
  const command = program
    .command('replay')
    .summary('let one event run again, or all that a filter selects')
    .description('Let one event run again, or all that a filter selects. Who, when and why is kept in the log.')
    .argument('[source]', 'a source of lib/config.ts')
    .argument('[id]', "the provider's id of the event, or its key")
    .option('--force', 'also what is DONE, and under a new idempotency key: its effects happen again')
    .option('--reason <why>', 'for the log')
    .option('--source <source>', 'many: only of this source')
    .option('--type <type>', 'many: only of this type')
    .option('--status <status>', 'many: in this state (default: PARKED)', statusNamed)
    .option('--from <time>', 'many: received at this time or later, ISO 8601', instant)
    .option('--to <time>', 'many: received before this time', instant)
    .option('--dry-run', 'many: only say how many there are, and show some')
    .option('--canary <count>', 'many: replay so many, and go on only if all of them end DONE', wholeNumber(1, 1_000))
    .option('--rate <count>', 'many: events a second, at most 100', rate, 10)
    .option('--yes', 'many: do not ask')
    .option('--log <file>', 'many: keep what was replayed in this file, and leave out what is in it')
    .addHelpText('after', HELP);
  withJson(withConnection(command)).action(replay);
}

const HELP = `
Without --force an event keeps its idempotency key, and one that is DONE is left alone. With it the epoch goes up, from
DONE or PARKED only.

To go on after an interruption, give the same command line with the same --log. Its messages in the parked queue stay
there: \`dlq redrive\` takes them away, and what is done is dropped on arrival.

Examples:
  ${INVOCATION} replay scalekit evt_1 --reason "handler mended"
  ${INVOCATION} replay --source inkress --from 2026-11-21T08:00Z --dry-run
  ${INVOCATION} replay --source inkress --canary 5 --rate 20/s --log replayed.jsonl`;

async function replay(sourceName: string | undefined, id: string | undefined, options: Options): Promise<void> {
  const sources = await sourcesOf(options.stage);
  if (sourceName === undefined)
    return many(
      options,
      sources.map(({ name }) => name),
    );
  const source = sourceNamed(sourceName, sources);
  if (id === undefined) throw usage(`Which event? For all of a filter, name the source as --source ${source.name}.`);
  if (id === '' || id === '.' || id === '..') throw usage('That is no id of an event.');
  const wish = { force: options.force === true, reason: options.reason };
  const answer = await replayOne(connect(options, process.env), source.name, id, wish);
  if (options.json) printJson(answer);
  else print(sentence(answer));
}

async function many(options: Options, sources: readonly string[]): Promise<void> {
  const { source, status = 'PARKED', force } = options;
  const { type, from } = options;
  if ([source, type, from, options.status].every((filter) => filter === undefined)) {
    throw usage('Name an event, as <source> <id>, or select some with --source, --type, --status or --from.');
  }
  if (source !== undefined && !sources.includes(source)) sourceNamed(source, await sourcesOf(options.stage));
  if (status === 'FILTERED') throw usage('No route takes what is FILTERED, so it has no queue.');
  if (status === 'DONE' && !force) throw usage('What is DONE runs again with --force only.');
  if (force && status !== 'DONE' && status !== 'PARKED') throw usage('--force is for what is DONE or PARKED.');
  const result = await replayMany(connect(options, process.env), { ...options, status });
  if (options.json) printJson(result);
  if (result.failed > 0) process.exitCode = 1;
}

/** `20` or `20/s` */
function rate(text: string): number {
  return wholeNumber(1, 100)(text.replace(/\/s$/, ''));
}

function instant(text: string): number {
  return Date.parse(isoTime(text));
}
