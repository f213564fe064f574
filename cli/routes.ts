import type { RouteView } from '../lambdas/core/admin/routes.ts';
import type { Switch } from '../lambdas/core/processing/breaker.ts';
import { readAnswer } from './admin-answer.ts';
import type { Connection } from './connection.ts';
import { usage } from './failure.ts';
import { table } from './table.ts';

export async function listRoutes(connection: Connection): Promise<readonly RouteView[]> {
  return readAnswer(await connection.admin('routes', {}))['routes'] as readonly RouteView[];
}

/** @param name `<source>/<route>` */
export async function switchRoute(
  connection: Connection,
  action: Switch,
  name: string | undefined,
  reason = '',
): Promise<RouteView> {
  const [source, route, ...rest] = (name ?? '').split('/');
  if (!source || !route || rest.length > 0) throw usage(`Which route? Name it as <source>/<route>, after "${action}".`);
  const path = ['routes', source, route, action].map(encodeURIComponent).join('/');
  return readAnswer(await connection.admin(path, {}, { reason })) as unknown as RouteView;
}

export function routesTable(routes: readonly RouteView[]): string {
  return table(
    ['ROUTE', 'BREAKER', 'UNTIL', 'PAUSED SINCE', 'WAITING', 'AT RISK FROM'],
    routes.map(({ source, route, breaker, forced, openUntil, pausedAt, waiting, atRiskFrom }) => [
      `${source}/${route}`,
      forced ? `${breaker} by hand` : breaker,
      openUntil ?? '-',
      pausedAt ?? '-',
      String(waiting),
      atRiskFrom ?? '-',
    ]),
  );
}

const HOUR_MS = 60 * 60_000;

/** What is so now, and what that means for the events. */
export function sentenceOf(view: RouteView, now: Date): string {
  const { source, route, breaker, forced, openUntil, pausedAt, waiting, atRiskFrom } = view;
  const name = `${source}/${route}`;
  const sentences = [
    pausedAt !== null
      ? `${name} is paused since ${pausedAt}: its events are accepted and wait, ${waiting} by now.`
      : breaker === 'CLOSED'
        ? `${name} runs; ${waiting} events wait.`
        : `The breaker of ${name} is open, ${forced ? 'until somebody closes it' : `until ${openUntil ?? 'its probe'}`}; ${waiting} events wait.`,
  ];
  if (atRiskFrom !== null) {
    const hours = Math.floor((Date.parse(atRiskFrom) - now.getTime()) / HOUR_MS);
    const left = hours < 0 ? 'that is over' : `in ${Math.floor(hours / 24)} d ${hours % 24} h`;
    sentences.push(`The queue forgets those that came first from ${atRiskFrom} on (${left}): resume it before.`);
  }
  return sentences.join('\n');
}
