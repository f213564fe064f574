import type { RouteView } from '../../lambdas/core/admin/routes.ts';
import { queueName } from '../../lambdas/core/source.ts';
import { readAnswer } from '../admin-answer.ts';
import { awsFailure, type Connection } from '../connection.ts';
import { INVOCATION } from '../print.ts';
import { nameOf, type NamedRoute, routesOf } from '../route-name.ts';
import { type Check, fine, type Finding, look, wrong } from './check.ts';

/** Whether every queue is read as it should be: by its breaker, and by Lambda's own word. */
export const mappings: Check = {
  name: 'mappings',
  look: async ({ connection, sources }) => {
    const views = readAnswer(await connection.admin('routes', {}))['routes'] as readonly RouteView[];
    const held = views.flatMap((view) => heldBack(view));
    const states = await statesOf(connection);
    const running = new Set(
      views.flatMap(({ source, route, breaker, pausedAt }) =>
        breaker === 'CLOSED' && pausedAt === null ? [`${source}/${route}`] : [],
      ),
    );
    const unread = routesOf(sources)
      .filter((route) => running.has(nameOf(route)))
      .flatMap((route) => unreadOf(connection.stage, route, states));
    const findings = [...held, ...unread];
    return findings.length > 0 ? findings : [fine(`each of the ${views.length} routes runs`)];
  },
};

function heldBack({ source, route, breaker, forced, pausedAt, waiting, atRiskFrom }: RouteView): readonly Finding[] {
  const name = `${source}/${route}`;
  if (pausedAt !== null) {
    const risk = atRiskFrom === null ? '' : `, and its queue forgets the first from ${atRiskFrom} on`;
    return [
      look(`${name} is paused since ${pausedAt}: ${waiting} wait${risk}`, `run \`${INVOCATION} resume ${name}\``),
    ];
  }
  if (breaker === 'CLOSED') return [];
  const mend = forced ? `run \`${INVOCATION} breaker close ${name}\`` : 'docs/runbook/breaker-open.md';
  return [look(`the breaker of ${name} is ${breaker}${forced ? ' by hand' : ''}`, mend)];
}

/** By the name of its queue. A mapping that is being changed says `Enabling`, `Updating`, …: it is on its way. */
async function statesOf(connection: Connection): Promise<ReadonlyMap<string, string>> {
  const { paginateListEventSourceMappings } = await import('@aws-sdk/client-lambda');
  const client = await connection.lambda();
  const states = new Map<string, string>();
  try {
    for await (const { EventSourceMappings = [] } of paginateListEventSourceMappings({ client }, {}))
      for (const { EventSourceArn = '', State = '' } of EventSourceMappings)
        states.set(EventSourceArn.slice(EventSourceArn.lastIndexOf(':') + 1), State);
    return states;
  } catch (error) {
    throw awsFailure(error);
  }
}

function unreadOf(stage: string, route: NamedRoute, states: ReadonlyMap<string, string>): readonly Finding[] {
  const hops = route.declared.retriesDeadLetters === false ? (['main'] as const) : (['main', 'dead'] as const);
  return hops.flatMap((hop) => {
    const name = queueName(stage, route.source, route.declared, hop);
    const state = states.get(name);
    if (state === undefined) return [wrong(`nothing reads the queue ${name}`, 'deploy, which makes its mapping')];
    return state === 'Disabled' || state === 'Disabling'
      ? [look(`the mapping of the queue ${name} is ${state}`, 'docs/runbook/mapping-drift.md')]
      : [];
  });
}
