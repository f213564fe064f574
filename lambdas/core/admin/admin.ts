import type { Wrong } from './values.ts';
import { type AdminReplayPorts, replayEvent } from './replay.ts';
import type { EventFilter } from './event-query.ts';
import { type EventView, viewOf } from './event-view.ts';
import { problem } from './problem.ts';
import { type EventRecord, type Status, STATUSES } from '../record.ts';
import type { Settled } from '../ledger/settled.ts';
import type { Answer } from '../verdict.ts';

/** Reads of the record, newest first. */
export interface EventLog {
  /**
   * @param cursor opaque, from the page before
   * @returns at most `limit` events; `next` is absent on the last page
   */
  list(query: EventQuery): Promise<{ events: readonly EventRecord[]; next?: string }>;
  /**
   * Every event received since `from`. Reads at most `most` records, shared out among the sources, each source's oldest
   * first: who waits too long has come long ago.
   *
   * @param settled events that need not be read if they are still there, and learns of those that are
   * @returns `cut` has the names of the sources of which there are more
   */
  since(
    sources: readonly string[],
    from: number,
    most: number,
    settled?: Settled,
  ): Promise<{ records: readonly EventRecord[]; cut: readonly string[] }>;
  /** By the provider's id or by the event's key. */
  find(source: string, id: string): Promise<EventRecord | undefined>;
}

export interface EventQuery extends EventFilter {
  readonly limit: number;
  readonly cursor?: string;
}

export interface AdminRequest {
  readonly method: string;
  /** Below `/admin/`, percent-decoded: `events`, `events/scalekit/evt_1`. */
  readonly path: readonly string[];
  readonly query: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** The caller's identity, as IAM proved it. */
  readonly who: string;
}

const DEFAULT_LIMIT = 50;
const LARGEST_LIMIT = 200;

/** A cursor that no page of ours returned. */
export class BadCursor extends Error {
  override readonly name = 'BadCursor';
}

/** The admin API: what it refuses is a problem document (RFC 9457) that names the field. */
export async function administer(
  request: AdminRequest,
  sources: readonly string[],
  log: EventLog,
  ports: Omit<AdminReplayPorts, 'find'>,
): Promise<Answer> {
  const [resource, source, ...rest] = request.path;
  if (resource !== 'events') return problem(404, 'No such resource.', { resource: resource ?? '' });
  const replays = request.method === 'POST' && rest.at(-1) === 'replay';
  if (request.method !== 'GET' && !replays)
    return problem(405, 'Only GET here; POST is for /admin/events/{source}/{id}/replay.', {}, { allow: 'GET' });
  if (source === undefined) return list(request.query, sources, log);
  // Hosts differ in whether they decode a slash before the path is split; an id may hold one.
  const id = (replays ? rest.slice(0, -1) : rest).join('/');
  if (id === '') return problem(404, 'Name an event: /admin/events/{source}/{id}.', {});
  if (!sources.includes(source)) return problem(404, `There is no source "${source}".`, { field: 'source' });
  if (replays) {
    const { body, who } = request;
    return replayEvent({ source, id, body, who }, { ...ports, find: (name, key) => log.find(name, key) });
  }
  const record = await log.find(source, id);
  return record ? json(200, viewOf(record)) : problem(404, `Source ${source} has no event "${id}".`, { field: 'id' });
}

async function list(query: ReadonlyMap<string, string>, sources: readonly string[], log: EventLog): Promise<Answer> {
  const filter = readFilter(query, sources);
  if ('field' in filter) return problem(400, filter.detail, { field: filter.field });
  const limit = query.get('limit') ?? String(DEFAULT_LIMIT);
  const cursor = query.get('next');
  if (!/^[0-9]{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > LARGEST_LIMIT) {
    return problem(400, `limit is a whole number from 1 to ${LARGEST_LIMIT}.`, { field: 'limit' });
  }
  try {
    const page = await log.list({ ...filter, limit: Number(limit), ...(cursor !== undefined && { cursor }) });
    const events: readonly EventView[] = page.events.map(viewOf);
    return json(200, { events, next: page.next ?? null });
  } catch (error) {
    if (!(error instanceof BadCursor)) throw error;
    return problem(400, 'next is not from an earlier page of this list.', { field: 'next' });
  }
}

function readFilter(query: ReadonlyMap<string, string>, sources: readonly string[]): EventFilter | Wrong {
  const source = query.get('source');
  if (source !== undefined && !sources.includes(source)) {
    return { field: 'source', detail: `There is no such source; there are: ${sources.join(', ')}.` };
  }
  const status = query.get('status');
  if (status !== undefined && !isStatus(status)) {
    return { field: 'status', detail: `There is no such status; there are: ${STATUSES.join(', ')}.` };
  }
  const [type, text] = [query.get('type'), query.get('text')];
  const [from, to] = [timeIn(query.get('from')), timeIn(query.get('to'))];
  if (from !== undefined && to !== undefined && from >= to) return { field: 'to', detail: 'to is later than from.' };
  return {
    sources: source === undefined ? sources : [source],
    ...(status !== undefined && { status }),
    ...(type !== undefined && { type }),
    ...(text !== undefined && { text }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

function timeIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function isStatus(text: string): text is Status {
  return STATUSES.some((status) => status === text);
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
