import type { Command } from 'commander';
import type { SourceView } from '../../lambdas/core/admin/sources.ts';
import { readAnswer } from '../admin-answer.ts';
import { connect, type Where } from '../connection.ts';
import { withConnection, withJson } from '../options.ts';
import { print, printJson } from '../print.ts';
import { table } from '../table.ts';

interface Options extends Where {
  readonly json?: true;
}

export function addSources(program: Command): void {
  const command = program
    .command('sources')
    .summary('the configured sources and their routes')
    .description(
      'The sources with their routes, as the functions of the stage have them: what is deployed, not what is here.',
    );
  withJson(withConnection(command)).action(sources);
}

async function sources(options: Options): Promise<void> {
  const answer = readAnswer(await connect(options, process.env).admin('sources', {}));
  if (options.json) return printJson(answer);
  print(table(TITLES, (answer['sources'] as readonly SourceView[]).flatMap(rows)));
}

const TITLES = ['SOURCE', 'PROVIDER', 'REDELIVERS', 'LARGEST BODY', 'MAY CALL', 'ROUTE', 'ON'];

/** A line for each route; what is the source's own stands in the first. */
function rows({ source, provider, redelivers, maxBodyBytes, allow, routes }: SourceView): readonly string[][] {
  const own = [source, provider, redelivers ? 'yes' : 'no', `${maxBodyBytes} bytes`, callersOf(allow)];
  const none = own.map(() => '');
  const [first = ['-', '-'], ...others] = routes.map(({ route, on, ordered }) => [
    route,
    ordered ? `${on} (ordered)` : on,
  ]);
  return [[...own, ...first], ...others.map((route) => [...none, ...route])];
}

function callersOf({ cidrs, published }: SourceView['allow']): string {
  if (cidrs === null && published === null) return 'everybody';
  return [...(cidrs ?? []), ...(published === null ? [] : [`published addresses (${published})`])].join(', ');
}
