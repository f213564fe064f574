import { setTimeout as wait } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type Command, Option } from 'commander';
import { queueName } from '../../lambdas/core/source.ts';
import { connect, type Where } from '../connection.ts';
import { Failure } from '../failure.ts';
import { sourcesOf } from '../gateway.ts';
import { withJson, withStage, wholeNumber } from '../options.ts';
import { INVOCATION, print, printJson } from '../print.ts';
import { Progress } from '../progress.ts';
import { lastMove, type QueueState, queueState, startMove } from '../queues.ts';
import { nameOf, type NamedRoute, routeNamed, routesOf } from '../route-name.ts';
import { table } from '../table.ts';

type Hop = 'main' | 'dead' | 'parked';

interface Options extends Where {
  readonly json?: true;
  readonly rate?: number;
}

const HOPS: readonly Hop[] = ['main', 'dead', 'parked'];
/** What SQS moves at most. */
const MOST_PER_SECOND = 500;

export function addDlq(program: Command): void {
  const dlq = program.command('dlq').description('The queues of the routes: main, dead letters, parked.');

  const listing = dlq
    .command('ls')
    .description('Show how many messages each queue holds, by SQS’s own approximate count.')
    .argument('[route]', '<source>/<route>; all of them otherwise');
  withJson(withStage(listing)).action(list);

  const redriving = dlq
    .command('redrive')
    .description('Move the parked events of a route to its main queue, where they get their attempts anew.')
    .argument('<route>', '<source>/<route>')
    .addOption(
      new Option('--from <queue>', 'the queue to move from; otherwise the one where its parked events wait').choices([
        'parked',
        'dead',
      ]),
    )
    .addHelpText(
      'after',
      `
SQS moves them itself, and goes on when this command is stopped. What is done already, or was replayed since, is
dropped on arrival.

Examples:
  ${INVOCATION} dlq redrive scalekit/user-created
  ${INVOCATION} dlq redrive inkress/payment-success --from dead --rate 10`,
    );
  withMove(redriving).action((route: string, options: Options & { readonly from?: Hop }) =>
    move(route, options.from, 'main', options),
  );

  const parking = dlq
    .command('park')
    .description('Move the dead letters of a route to its parked queue: no attempts until a redrive.')
    .argument('<route>', '<source>/<route>')
    .addHelpText(
      'after',
      '\nTheir records stay FAILED. Dead letters that are being tried at this moment are left there.',
    );
  withMove(parking).action((route: string, options: Options) => move(route, 'dead', 'parked', options));
}

function withMove(command: Command): Command {
  const rate = wholeNumber(1, MOST_PER_SECOND);
  return withJson(withStage(command.option('--rate <count>', 'messages a second; as SQS sees fit otherwise', rate)));
}

async function list(name: string | undefined, options: Options): Promise<void> {
  const sources = await sourcesOf(options.stage);
  const routes = name === undefined ? routesOf(sources) : [routeNamed(name, sources)];
  const client = await connect(options, process.env).sqs();
  const states = await Promise.all(
    routes.flatMap((route) =>
      HOPS.map(async (hop) => ({ route, hop, state: await stateOf(client, options.stage, route, hop) })),
    ),
  );
  if (options.json) {
    return printJson(
      states.map(({ route, hop, state }) => ({
        route: nameOf(route),
        queue: hop,
        name: state.name,
        visible: state.visible,
        hidden: state.hidden,
      })),
    );
  }
  const rows = states.map(({ route, hop, state }) => [
    hop === 'main' ? nameOf(route) : '',
    hop,
    String(state.visible),
    String(state.hidden),
  ]);
  print(table(['ROUTE', 'QUEUE', 'VISIBLE', 'HIDDEN'], rows));
}

function stateOf(client: SQSClient, stage: string, { source, declared }: NamedRoute, hop: Hop): Promise<QueueState> {
  return queueState(client, queueName(stage, source, declared, hop));
}

async function move(name: string, asked: Hop | undefined, to: Hop, options: Options): Promise<void> {
  const route = routeNamed(name, await sourcesOf(options.stage));
  const from = asked ?? (route.declared.retriesDeadLetters === false ? 'dead' : 'parked');
  const client = await connect(options, process.env).sqs();
  const [source, target] = await Promise.all([
    stateOf(client, options.stage, route, from),
    stateOf(client, options.stage, route, to),
  ]);
  await startMove(client, source, target, options.rate);
  const { moved, status, reason } = await followed(client, source);
  if (options.json) printJson({ route: nameOf(route), from, to, status, moved, reason: reason ?? null });
  else if (status === 'COMPLETED') print(`${moved} moved from ${from} to ${to}.`);
  if (status === 'COMPLETED') return;
  if (options.json) process.exitCode = 1;
  else throw new Failure(`The move ended ${status} after ${moved} messages${reason ? ` (${reason})` : ''}.`);
}

const POLL_MS = 250;

interface Move {
  readonly moved: number;
  readonly status: string;
  readonly reason?: string | undefined;
}

/** Watches a move to its end. */
async function followed(client: SQSClient, from: QueueState): Promise<Move> {
  const progress = new Progress('moved');
  for (;;) {
    const task = await lastMove(client, from);
    const moved = task?.ApproximateNumberOfMessagesMoved ?? 0;
    progress.show(moved, task?.ApproximateNumberOfMessagesToMove);
    const status = task?.Status ?? 'RUNNING';
    if (status !== 'RUNNING' && status !== 'CANCELLING') {
      progress.end();
      return { moved, status, reason: task?.FailureReason };
    }
    await wait(POLL_MS);
  }
}
