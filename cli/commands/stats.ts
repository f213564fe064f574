import type { Command } from 'commander';
import type { TypeStatistics } from '../../lambdas/core/admin/stats.ts';
import { readAnswer } from '../admin-answer.ts';
import { connect, type Where } from '../connection.ts';
import { wholeNumber, withConnection, withJson } from '../options.ts';
import { print, printJson } from '../print.ts';
import { table } from '../table.ts';

interface Options extends Where {
  readonly json?: true;
  readonly hours: number;
}

export function addStats(program: Command): void {
  const command = program
    .command('stats')
    .summary('how many events of each type were processed, and how long it took')
    .description('For each type: attempts, how they ended, and how long those that succeeded took, in milliseconds.')
    .option('--hours <count>', 'how far back, at most 24', wholeNumber(1, 24), 24);
  withJson(withConnection(command)).action(stats);
}

async function stats(options: Options): Promise<void> {
  const query = { hours: String(options.hours) };
  const answer = readAnswer(await connect(options, process.env).admin('webhook-stats', query));
  if (options.json) return printJson(answer);
  print(table(TITLES, (answer['types'] as readonly TypeStatistics[]).map(cells)));
}

const TITLES = ['SOURCE', 'TYPE', 'COUNT', 'SUCCEEDED', 'FAILED', 'AVERAGE MS', 'MAX MS', 'MIN MS', 'P95 MS'];

function cells({ source, type, count, succeeded, failed, ...times }: TypeStatistics): readonly string[] {
  const { averageMs, maxMs, minMs, p95Ms } = times;
  return [
    source,
    type,
    ...[count, succeeded, failed].map(String),
    ...[averageMs, maxMs, minMs, p95Ms].map((ms) => (ms === null ? '-' : String(ms))),
  ];
}
