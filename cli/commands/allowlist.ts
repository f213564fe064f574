import { type Command, InvalidArgumentError } from 'commander';
import { applyHeld, linesOf, readAllowlist } from '../allowlists.ts';
import { connect, type Where } from '../connection.ts';
import { suggestion } from '../nearest.ts';
import { withConnection, withJson } from '../options.ts';
import { INVOCATION, print, printJson } from '../print.ts';

interface Options extends Where {
  readonly json?: true;
  readonly reason?: string;
}

const ACTIONS = ['diff', 'apply'] as const;

export function addAllowlist(program: Command): void {
  const command = program
    .command('allowlist')
    .summary("show how a provider's published addresses differ from those in force; apply them")
    .description(
      "Show how the addresses that a source's provider publishes differ from those in force, or apply what waits for " +
        'approval. Small changes apply themselves; a change of more than half of the list waits for this.',
    )
    .argument('<action>', 'diff: show; apply: approve what diff shows', actionNamed)
    .argument('<source>', 'a source whose allow says published')
    .option('--reason <why>', 'of apply, for the log')
    .addHelpText(
      'after',
      `\nExamples:\n  ${INVOCATION} allowlist diff github\n  ${INVOCATION} allowlist apply github --stage prod`,
    );
  withJson(withConnection(command)).action(allowlist);
}

async function allowlist(action: (typeof ACTIONS)[number], source: string, options: Options): Promise<void> {
  const connection = connect(options, process.env);
  const view =
    action === 'apply' ? await applyHeld(connection, source, options.reason) : await readAllowlist(connection, source);
  if (options.json) printJson(view);
  else print(linesOf(view).join('\n'));
}

function actionNamed(text: string): (typeof ACTIONS)[number] {
  const action = ACTIONS.find((known) => known === text);
  if (action) return action;
  throw new InvalidArgumentError(suggestion(text, ACTIONS));
}
