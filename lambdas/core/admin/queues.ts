import type { AdminRequest } from './admin.ts';
import { problem } from './problem.ts';
import type { Answer } from '../verdict.ts';

export type QueueHop = 'main' | 'dead' | 'parked';

/** Messages of one queue, by SQS's own approximate count. */
export interface QueueDepth {
  /** Waiting to be received. */
  readonly visible: number;
  /** Received and not deleted, or sent back with a delay. */
  readonly hidden: number;
}

/** A move of messages from one queue to another, which SQS makes by itself. */
export interface QueueMove {
  readonly to: 'main' | 'parked' | null;
  readonly status: 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';
  readonly moved: number;
  /** Null: SQS does not say. */
  readonly toMove: number | null;
  /** Why it failed. */
  readonly reason: string | null;
}

/** The queues of the routes, by `<source>/<route>`. */
export interface RouteQueues {
  depth(route: string, hop: QueueHop): Promise<QueueDepth>;
  /** False: another move from this queue is under way. */
  move(route: string, from: 'dead' | 'parked', to: 'main' | 'parked', perSecond: number | undefined): Promise<boolean>;
  /** The move that was started last. */
  lastMove(route: string, from: 'dead' | 'parked'): Promise<QueueMove | undefined>;
}

export interface AdminQueuesPorts {
  readonly queues: RouteQueues;
  /** `<source>/<route>` of each there is. */
  readonly routes: readonly string[];
  /** Keeps who did what, and why. */
  readonly audit: (entry: {
    action: 'redrive' | 'park';
    route: string;
    from: string;
    who: string;
    why: string;
  }) => void;
}

const HOPS: readonly QueueHop[] = ['main', 'dead', 'parked'];
const LONGEST_REASON = 256;
const MOST_PER_SECOND = 500;

/** `GET /admin/queues`, `GET …/{source}/{route}/{queue}/move`, `POST …/{source}/{route}/{redrive|park}`. */
export async function administerQueues(request: AdminRequest, ports: AdminQueuesPorts): Promise<Answer> {
  const { queues, routes } = ports;
  const [, source, route, action] = request.path;
  if (source === undefined) {
    const all = routes.flatMap((name) =>
      HOPS.map(async (queue) => ({ ...named(name), queue, ...(await queues.depth(name, queue)) })),
    );
    return json({ queues: await Promise.all(all) });
  }
  const name = `${source}/${route}`;
  if (!routes.includes(name)) {
    return problem(404, `There is no such route; there are: ${routes.join(', ')}.`, { field: 'route' });
  }
  if (request.method === 'GET') {
    if (action !== 'dead' && action !== 'parked')
      return problem(404, 'The queue is dead or parked.', { field: 'queue' });
    const last = await queues.lastMove(name, action);
    if (!last) return problem(404, 'SQS knows of no move from this queue.', { field: 'queue' });
    return json({ ...named(name), from: action, ...last });
  }
  const wish = readWish(request.body, action === 'redrive');
  if ('field' in wish) return problem(400, wish.detail, { field: wish.field });
  const { from, perSecond, reason } = wish;
  const to = action === 'redrive' ? 'main' : 'parked';
  const started = await queues.move(name, from, to, perSecond);
  if (!started)
    return problem(409, `A move from ${from} is under way; look at it, then decide again.`, { field: 'from' });
  ports.audit({ action: action === 'redrive' ? 'redrive' : 'park', route: name, from, who: request.who, why: reason });
  const last = await queues.lastMove(name, from);
  const begun: QueueMove = { to, status: 'RUNNING', moved: 0, toMove: null, reason: null };
  return json({ ...named(name), from, ...(last ?? begun) });
}

interface Wish {
  readonly from: 'dead' | 'parked';
  readonly perSecond?: number;
  readonly reason: string;
}

/** @param redrives whether the caller may say from where */
function readWish(body: Buffer, redrives: boolean): Wish | { readonly field: string; readonly detail: string } {
  let value: unknown = {};
  try {
    if (body.length > 0) value = JSON.parse(body.toString('utf8'));
  } catch {
    return { field: 'body', detail: 'The body is not JSON.' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { field: 'body', detail: 'The body is a JSON object.' };
  }
  const { from = redrives ? 'parked' : 'dead', perSecond, reason = '', ...others } = value as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return { field: unknown.slice(0, 100), detail: 'There are from, perSecond and reason.' };
  if ((from !== 'parked' && from !== 'dead') || (!redrives && from !== 'dead')) {
    return { field: 'from', detail: redrives ? 'from is parked or dead.' : 'Only dead letters are parked.' };
  }
  if (typeof reason !== 'string' || reason.length > LONGEST_REASON) {
    return { field: 'reason', detail: `reason is a text of at most ${LONGEST_REASON} characters.` };
  }
  if (perSecond === undefined) return { from, reason };
  const whole = typeof perSecond === 'number' && Number.isInteger(perSecond);
  if (!whole || perSecond < 1 || perSecond > MOST_PER_SECOND) {
    return { field: 'perSecond', detail: `perSecond is a whole number from 1 to ${MOST_PER_SECOND}.` };
  }
  return { from, perSecond, reason };
}

function named(name: string): { readonly source: string; readonly route: string } {
  const [source = '', route = ''] = name.split('/');
  return { source, route };
}

function json(value: unknown): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
