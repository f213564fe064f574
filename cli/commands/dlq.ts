import { setTimeout as wait } from 'node:timers/promises';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type Command, Option } from 'commander';
import type { QueueMove } from '../../lambdas/core/admin/queues.ts';
import { queueName } from '../../lambdas/core/source.ts';
import { readAnswer } from '../admin-answer.ts';
import { awsFailure, connect, LOCAL_STAGE, type Where } from '../connection.ts';
import { Failure } from '../failure.ts';
import { sourcesOf } from '../gateway.ts';
import { withConnection, withJson, withStage, wholeNumber } from '../options.ts';
import { INVOCATION, print, printJson, remark } from '../print.ts';
import { Progress } from '../progress.ts';
import { oldestAges } from '../queue-ages.ts';
import { cancelMove, type QueueState, queueState } from '../queues.ts';
import { nameOf, type NamedRoute, routeNamed, routesOf } from '../route-name.ts';
import { table } from '../table.ts';

type Hop = 'main' | 'dead' | 'parked';

interface Options extends Where {
  readonly json?: true;
  readonly rate?: number;
  readonly reason?: string;
}

const HOPS: readonly Hop[] = ['main', 'dead', 'parked'];
/** What SQS moves at most. */
const MOST_PER_SECOND = 500;

export function addDlq(program: Command): void {
  const dlq = program.command('dlq').description('The queues of the routes: main, dead letters, parked.');

  const listing = dlq
    .command('ls')
    .description('Show how many messages each queue holds, by SQS’s own approximate count, and how old the oldest is.')
    .argument('[route]', '<source>/<route>; all of them otherwise')
    .addHelpText(
      'after',
      '\nOLDEST is what CloudWatch knew last, some minutes ago. Of dead letters and parked events it counts from when they came\nthere; the queue forgets them by when they were first sent.',
    );
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
SQS moves them itself, and goes on when this command is stopped; \`dlq cancel\` ends that. What is done already, or was
replayed since, is dropped on arrival. Dead letters that the route still tries by itself (--from dead) come sooner so, and
go on with the tries that they have left.

Examples:
  ${INVOCATION} dlq redrive scalekit/user-created --reason "the plan is there now"
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
      `
SQS moves the messages; their records stay FAILED, so the ledger counts them as overdue, and of \`replay\` it is
--status failed that selects them. Dead letters that are being tried at this moment are left there.`,
    );
  withMove(parking).action((route: string, options: Options) => move(route, 'dead', 'parked', options));

  const cancelling = dlq
    .command('cancel')
    .description('End a move of messages that is under way; what is moved stays moved.')
    .argument('<route>', '<source>/<route>')
    .addOption(
      new Option('--from <queue>', 'the queue that is moved from; otherwise both').choices(['parked', 'dead']),
    );
  withJson(withStage(cancelling)).action((route: string, options: Options & { readonly from?: Hop }) =>
    cancel(route, options.from, options),
  );
}

function withMove(command: Command): Command {
  const rate = wholeNumber(1, MOST_PER_SECOND);
  return withJson(
    withConnection(
      command
        .option('--rate <count>', 'messages a second; as SQS sees fit otherwise', rate)
        .option('--reason <why>', 'for the log'),
    ),
  );
}

async function list(name: string | undefined, options: Options): Promise<void> {
  const sources = await sourcesOf(options.stage);
  const routes = name === undefined ? routesOf(sources) : [routeNamed(name, sources)];
  const connection = connect(options, process.env);
  const client = await connection.sqs();
  const states = await Promise.all(
    routes.flatMap((route) =>
      HOPS.map(async (hop) => ({ route, hop, state: await stateOf(client, options.stage, route, hop) })),
    ),
  );
  const ages = await agesOf(
    await connection.cloudWatch(),
    states.map(({ state }) => state.name),
  );
  if (options.json) {
    return printJson(
      states.map(({ route, hop, state }) => ({
        route: nameOf(route),
        queue: hop,
        name: state.name,
        visible: state.visible,
        hidden: state.hidden,
        oldestSeconds: ageOf(state, ages) ?? null,
      })),
    );
  }
  const rows = states.map(({ route, hop, state }) => [
    hop === 'main' ? nameOf(route) : '',
    hop,
    String(state.visible),
    String(state.hidden),
    spoken(ageOf(state, ages)),
  ]);
  print(table(['ROUTE', 'QUEUE', 'VISIBLE', 'HIDDEN', 'OLDEST'], rows));
}

/** Whoever may look at queues but not into CloudWatch sees the counts. */
async function agesOf(client: CloudWatchClient, queues: readonly string[]): Promise<ReadonlyMap<string, number>> {
  try {
    return await oldestAges(client, queues, Date.now());
  } catch (error) {
    remark(`How old the oldest are is not known: ${awsFailure(error).message}`);
    return new Map();
  } finally {
    client.destroy();
  }
}

/** The count is newer than the age. */
function ageOf({ name, visible, hidden }: QueueState, ages: ReadonlyMap<string, number>): number | undefined {
  return visible + hidden === 0 ? undefined : ages.get(name);
}

/** `2 d 3 h`, `3 h 20 min` or `20 min` */
function spoken(seconds: number | undefined): string {
  if (seconds === undefined) return '-';
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

function stateOf(client: SQSClient, stage: string, { source, declared }: NamedRoute, hop: Hop): Promise<QueueState> {
  return queueState(client, queueName(stage, source, declared, hop));
}

async function move(name: string, asked: Hop | undefined, to: Hop, options: Options): Promise<void> {
  const route = routeNamed(name, await sourcesOf(options.stage));
  const from = asked ?? (route.declared.retriesDeadLetters === false ? 'dead' : 'parked');
  const connection = connect(options, process.env);
  const queues = `queues/${nameOf(route)}`;
  // Through the admin API, whose log keeps who did it and why.
  const wish = {
    ...(to === 'main' && { from }),
    ...(options.rate !== undefined && { perSecond: options.rate }),
    ...(options.reason !== undefined && { reason: options.reason }),
  };
  readAnswer(await connection.admin(`${queues}/${to === 'main' ? 'redrive' : 'park'}`, {}, wish));
  const goesOn = `SQS goes on moving. To end that: ${INVOCATION} dlq cancel ${nameOf(route)} --from ${from}${ofStage(options)}`;
  const look = async () => readAnswer(await connection.admin(`${queues}/${from}/move`, {})) as unknown as QueueMove;
  const { moved, status, reason } = await followed(look, goesOn);
  if (options.json) printJson({ route: nameOf(route), from, to, status, moved, reason });
  else if (status === 'COMPLETED') print(`${moved} moved from ${from} to ${to}.`);
  if (status === 'COMPLETED') return;
  if (options.json) process.exitCode = 1;
  else throw new Failure(`The move ended ${status} after ${moved} messages${reason ? ` (${reason})` : ''}.`);
}

const POLL_MS = 500;

/** As shells say it of what Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * Watches a move to its end.
 *
 * @param goesOn what to say to who stops watching
 */
async function followed(look: () => Promise<QueueMove>, goesOn: string): Promise<QueueMove> {
  const progress = new Progress('moved');
  const interrupted = () => {
    progress.end();
    remark(goesOn);
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', interrupted);
  try {
    for (;;) {
      const move = await look();
      progress.show(move.moved, move.toMove ?? undefined);
      if (move.status !== 'RUNNING' && move.status !== 'CANCELLING') return move;
      await wait(POLL_MS);
    }
  } finally {
    process.off('SIGINT', interrupted);
    progress.end();
  }
}

async function cancel(name: string, asked: Hop | undefined, options: Options): Promise<void> {
  const route = routeNamed(name, await sourcesOf(options.stage));
  const client = await connect(options, process.env).sqs();
  const cancelled: { from: Hop; moved: number }[] = [];
  for (const from of asked ? [asked] : (['parked', 'dead'] as const)) {
    const moved = await cancelMove(client, await stateOf(client, options.stage, route, from));
    if (moved !== undefined) cancelled.push({ from, moved });
  }
  if (options.json) return printJson({ route: nameOf(route), cancelled });
  if (cancelled.length === 0) return print(`No move of ${nameOf(route)} is under way.`);
  for (const { from, moved } of cancelled) print(`The move from ${from} is ended; ${moved} were moved.`);
}

function ofStage({ stage }: Where): string {
  return stage === LOCAL_STAGE ? '' : ` --stage ${stage}`;
}
