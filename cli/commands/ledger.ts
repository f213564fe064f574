import type { Command } from 'commander';
import type { LedgerRow } from '../../lambdas/core/ledger/ledger.ts';
import { readAnswer } from '../admin-answer.ts';
import { connect, type Where } from '../connection.ts';
import { wholeNumber, withConnection, withJson } from '../options.ts';
import { print, printJson } from '../print.ts';
import { table } from '../table.ts';

interface Options extends Where {
  readonly json?: true;
  readonly hours: number;
}

export function addLedger(program: Command): void {
  const command = program
    .command('ledger')
    .summary('what became of what was accepted, by hour')
    .description('What became of every event that was accepted, by hour and source: accepted is the sum of the others.')
    .option('--hours <count>', 'how far back, at most 48', wholeNumber(1, 48), 3);
  withJson(withConnection(command)).action(ledger);
}

async function ledger(options: Options): Promise<void> {
  const answer = readAnswer(await connect(options, process.env).admin('ledger', { hours: String(options.hours) }));
  if (options.json) return printJson(answer);
  const rows = answer['rows'] as readonly LedgerRow[];
  print(rows.length === 0 ? 'No events.' : table(TITLES, rows.map(cells)));
  if (answer['complete'] !== true) {
    const cut = (answer['cut'] as readonly string[]).join(', ');
    print(
      `\nOf ${cut} there are more events than one look takes, so only the oldest are counted. Ask for fewer --hours.`,
    );
  }
  const missing = rows.reduce((sum, row) => sum + row.missing, 0);
  if (missing > 0)
    print(`\n${missing} missing: their records were deleted. docs/runbook/ledger-mismatch.md says what is left.`);
  const overdue = rows.reduce((sum, row) => sum + row.overdue, 0);
  if (overdue > 0)
    print(`\n${overdue} overdue: their messages are lost, or their queue is behind. Send them again with replay.`);
}

const TITLES = ['HOUR', 'SOURCE', 'ACCEPTED', 'DONE', 'FILTERED', 'PARKED', 'IN FLIGHT', 'MISSING', 'OVERDUE'];

function cells({
  hour,
  source,
  accepted,
  done,
  filtered,
  parked,
  inFlight,
  missing,
  overdue,
}: LedgerRow): readonly string[] {
  return [hour.slice(0, 16), source, ...[accepted, done, filtered, parked, inFlight, missing, overdue].map(String)];
}
