import type { Command } from 'commander';
import { connect, type Where } from '../connection.ts';
import { usage } from '../failure.ts';
import { explanationOf, keptIn, type ReleaseOptions, releaseFrom, summaryOf } from '../inbox.ts';
import { withConnection, withJson } from '../options.ts';
import { INVOCATION, print, printJson } from '../print.ts';
import { listing, table } from '../table.ts';

type Options = Where & { readonly json?: true };

export function addInbox(program: Command): void {
  const inbox = program
    .command('inbox')
    .summary('rejected deliveries that were kept: list, explain, let in')
    .description(
      "Rejected deliveries of sources with inbox: 'on', kept for three days: those that a wrong secret may explain.",
    );
  const add = (name: string, description: string): Command =>
    withJson(
      withConnection(inbox.command(name).description(description).argument('<source>', "a source with inbox: 'on'")),
    );

  add('list', 'What is kept, oldest first.').action(list);
  add('explain', 'Why one was rejected, and what its scheme says of it with the secrets of now.')
    .requiredOption('--id <id>', 'as `inbox list` shows it')
    .action(explain);
  add('release', 'Verify again as of the time of receipt, and let in what verifies now.')
    .option('--id <id>', 'only this one')
    .option('--all', 'all that are kept')
    .option('--dry-run', 'only say what would be let in')
    .option('--reason <why>', 'for the log')
    .addHelpText('after', HELP)
    .action(release);
}

const HELP = `
What verifies becomes an event like any other, under its own id: what is here already is a duplicate. What does not stays
and says why. Who, when and why is kept in the log. Exit code 1: something stays.

Examples:
  ${INVOCATION} inbox release scalekit --all --dry-run
  ${INVOCATION} inbox release scalekit --all --reason "secret of the new workspace set"`;

async function list(source: string, options: Options): Promise<void> {
  const entries = await keptIn(connect(options, process.env), source);
  if (options.json) return printJson({ source, entries });
  if (entries.length === 0) return print(`Nothing is kept for ${source}.`);
  const rows = entries.map(({ id, minute, bytes }) => [id, minute, String(bytes)]);
  print(table(['ID', 'MINUTE', 'BYTES'], rows));
}

async function explain(source: string, options: Options & { readonly id: string }): Promise<void> {
  const explanation = await explanationOf(connect(options, process.env), source, options.id);
  if (options.json) return printJson(explanation);
  print(listing(summaryOf(explanation)));
}

async function release(source: string, options: Options & ReleaseOptions & { readonly all?: true }): Promise<void> {
  if ((options.id === undefined) === (options.all === undefined)) {
    throw usage('Which? Name one with --id, or say --all.');
  }
  const results = await releaseFrom(connect(options, process.env), source, options);
  const staying = results.filter(({ outcome }) => outcome === 'kept');
  if (staying.length > 0) process.exitCode = 1;
  if (options.json) return printJson({ source, results });
  if (results.length === 0) return print(`Nothing is kept for ${source}.`);
  const rows = results.map(({ id, outcome, key, reason }) => [id, outcome, key ?? '-', reason ?? '-']);
  print(table(['ID', 'OUTCOME', 'EVENT', 'REASON'], rows));
  const fitting = results.length - staying.length;
  print(`\n${fitting} ${options.dryRun ? 'would be let in' : 'let in'}, ${staying.length} stay.`);
}
