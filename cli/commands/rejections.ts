import type { Command } from 'commander';
import { MOST_HOURS, type RejectionCount } from '../../lambdas/core/admin/rejections.ts';
import { readAnswer } from '../admin-answer.ts';
import { connect, type Where } from '../connection.ts';
import { wholeNumber, withConnection, withJson } from '../options.ts';
import { print, printJson } from '../print.ts';
import { table } from '../table.ts';

interface Options extends Where {
  readonly json?: true;
  readonly hours: number;
}

export function addRejections(program: Command): void {
  const command = program
    .command('rejections')
    .summary('how many deliveries were refused, and why')
    .description(
      'How many deliveries the verifier refused, by source and reason, most first. docs/runbook/rejected-spike.md says ' +
        'what the reasons mean; `inbox` has the deliveries themselves, where a source keeps them.',
    )
    .option('--hours <count>', `how far back, at most ${MOST_HOURS}`, wholeNumber(1, MOST_HOURS), 24);
  withJson(withConnection(command)).action(rejections);
}

async function rejections(options: Options): Promise<void> {
  const query = { hours: String(options.hours) };
  const answer = readAnswer(await connect(options, process.env).admin('rejections', query));
  if (options.json) return printJson(answer);
  const counts = answer['rejections'] as readonly RejectionCount[];
  if (counts.length === 0) return print(`Nothing was refused since ${String(answer['from'])}.`);
  print(
    table(
      ['SOURCE', 'REASON', 'COUNT'],
      counts.map(({ source, reason, count }) => [source, reason, String(count)]),
    ),
  );
}
