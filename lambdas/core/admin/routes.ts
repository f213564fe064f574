import type { AdminRequest } from './admin.ts';
import { type Breaker, type Switch, switched, SWITCHES, UNTOUCHED } from '../processing/breaker.ts';
import type { Breakers, Clock } from '../ports.ts';
import { problem } from './problem.ts';
import { RETENTION_DAYS } from '../processing/retry.ts';
import type { Answer } from '../verdict.ts';

export interface AdminRoutesPorts {
  readonly breakers: Breakers;
  readonly clock: Clock;
  /** `<source>/<route>` of each there is. */
  readonly routes: readonly string[];
  /** How many messages the route's main queue holds, those that wait for their time included; about. */
  readonly waiting: (route: string) => Promise<number>;
  /** When the oldest of them was first sent, in milliseconds since the epoch; undefined where nobody knows. */
  readonly oldestAt: (route: string) => Promise<number | undefined>;
  /** Keeps who did what, and why. */
  readonly audit: (entry: { route: string; action: Switch; who: string; why: string; changed: boolean }) => void;
}

/** One route as people see it. Times are ISO 8601. */
export interface RouteView {
  readonly source: string;
  readonly route: string;
  readonly breaker: Breaker['state'];
  /** Opened by a person. */
  readonly forced: boolean;
  readonly openUntil: string | null;
  readonly pausedAt: string | null;
  readonly changedBy: string | null;
  readonly waiting: number;
  /** When the queue forgets the first of its events, if it is not resumed before. */
  readonly atRiskFrom: string | null;
}

const LONGEST_REASON = 256;
const DAY_MS = 24 * 60 * 60_000;
/** Somebody else changes it at the same moment, once or twice; not for ever. */
const TRIES = 3;

/** `GET /admin/routes` and `POST /admin/routes/{source}/{route}/{pause|resume|open|close}`. */
export async function administerRoutes(request: AdminRequest, ports: AdminRoutesPorts): Promise<Answer> {
  const [, source, route, action, ...rest] = request.path;
  if (source === undefined) {
    if (request.method !== 'GET') return problem(405, 'Only GET.', {}, { allow: 'GET' });
    return json({ routes: await Promise.all(ports.routes.map((name) => view(name, ports))) });
  }
  const to = SWITCHES.find((known) => known === action);
  if (!to || rest.length > 0) {
    return problem(404, `POST /admin/routes/{source}/{route}/{${SWITCHES.join('|')}}.`, { field: 'action' });
  }
  if (request.method !== 'POST') return problem(405, 'Only POST.', {}, { allow: 'POST' });
  const name = `${source}/${route}`;
  if (!ports.routes.includes(name)) {
    return problem(404, `There is no route "${name}"; there are: ${ports.routes.join(', ')}.`, { field: 'route' });
  }
  const reason = reasonIn(request.body);
  if (reason === undefined) {
    return problem(400, `The body is a JSON object; reason is text of at most ${LONGEST_REASON} characters.`, {
      field: 'reason',
    });
  }
  return change(name, to, request.who, reason, ports);
}

async function change(
  route: string,
  action: Switch,
  who: string,
  reason: string,
  ports: AdminRoutesPorts,
): Promise<Answer> {
  for (let tries = 0; tries < TRIES; tries++) {
    const seen = (await ports.breakers.read(route)) ?? UNTOUCHED;
    const next = switched(seen, action, ports.clock.now(), who);
    const changed = next !== seen;
    if (changed && !(await ports.breakers.change(route, seen, next))) continue;
    ports.audit({ route, action, who, why: reason, changed });
    return json(await view(route, ports));
  }
  return problem(409, 'The breaker is being changed by others at the same time; try again.', {});
}

async function view(name: string, { breakers, waiting, oldestAt }: AdminRoutesPorts): Promise<RouteView> {
  const [breaker, count] = await Promise.all([breakers.read(name), waiting(name)]);
  const { state, forced, openUntil, pausedAt, changedBy } = breaker ?? UNTOUCHED;
  const [source = '', route = ''] = name.split('/');
  // What waited at the pause came before it, by up to hours of back-off.
  const oldest =
    pausedAt === undefined || count === 0
      ? undefined
      : Math.min(pausedAt, (await oldestAt(name).catch(() => undefined)) ?? pausedAt);
  const time = (ms: number) => new Date(ms).toISOString();
  return {
    source,
    route,
    breaker: state,
    forced: forced === true,
    openUntil: state === 'CLOSED' || forced ? null : time(openUntil),
    pausedAt: pausedAt === undefined ? null : time(pausedAt),
    changedBy: changedBy ?? null,
    waiting: count,
    atRiskFrom: oldest === undefined ? null : time(oldest + RETENTION_DAYS.main * DAY_MS),
  };
}

function reasonIn(body: Buffer): string | undefined {
  if (body.length === 0) return '';
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { reason = '' } = value as { reason?: unknown };
  return typeof reason === 'string' && reason.length <= LONGEST_REASON ? reason : undefined;
}

function json(value: unknown): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
