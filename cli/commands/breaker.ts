import { type Command, InvalidArgumentError } from 'commander';
import type { Switch } from '../../lambdas/core/processing/breaker.ts';
import { connect, type Where } from '../connection.ts';
import { suggestion } from '../nearest.ts';
import { withConnection, withJson } from '../options.ts';
import { INVOCATION, print, printJson } from '../print.ts';
import { listRoutes, routesTable, sentenceOf, switchRoute } from '../routes.ts';

interface Options extends Where {
  readonly json?: true;
  readonly reason?: string;
}

const ACTIONS = ['open', 'close'] as const;

export function addBreaker(program: Command): void {
  const command = program
    .command('breaker')
    .summary("list the routes' breakers, open or close one")
    .description("List the routes' breakers, or open or close one. Who, when and why is kept in the log.")
    .argument('[action]', 'open: until somebody closes it; close: at once', actionNamed)
    .argument('[route]', '<source>/<route>')
    .option('--reason <why>', 'for the log')
    .addHelpText(
      'after',
      `\nExamples:\n  ${INVOCATION} breaker\n  ${INVOCATION} breaker close inkress/payment-success`,
    );
  withJson(withConnection(command)).action(breaker);
}

/** `pause` and `resume`. */
export function addPause(program: Command): void {
  for (const [action, summary] of [
    ['pause', 'keep the events of a route in its queue'],
    ['resume', 'let a paused route go on'],
  ] as const) {
    const command = program
      .command(action)
      .summary(summary)
      .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}. Who, when and why is kept in the log.`)
      .argument('<route>', '<source>/<route>')
      .option('--reason <why>', 'for the log');
    withJson(withConnection(command)).action((route: string, options: Options) => change(action, route, options));
  }
}

async function breaker(
  action: (typeof ACTIONS)[number] | undefined,
  route: string | undefined,
  options: Options,
): Promise<void> {
  if (action !== undefined) return change(action, route, options);
  const routes = await listRoutes(connect(options, process.env));
  if (options.json) printJson({ routes });
  else print(routesTable(routes));
}

async function change(action: Switch, route: string | undefined, options: Options): Promise<void> {
  const view = await switchRoute(connect(options, process.env), action, route, options.reason);
  if (options.json) printJson(view);
  else print(sentenceOf(view, new Date()));
}

function actionNamed(text: string): (typeof ACTIONS)[number] {
  const action = ACTIONS.find((known) => known === text);
  if (action) return action;
  throw new InvalidArgumentError(suggestion(text, ACTIONS));
}
