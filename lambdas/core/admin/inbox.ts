import type { AdminRequest } from './admin.ts';
import { minuteOf, oldestId } from '../inbox/inbox.ts';
import { problem } from './problem.ts';
import type { Endpoint } from '../receive.ts';
import { readEntry, releaseOne, releasePage, type ReleasePorts } from '../inbox/release.ts';
import { explain, type Reencoding } from '../scheme/explain.ts';
import type { KeyPort } from '../scheme/key-port.ts';
import { SecretsUnavailable } from '../secrets/secrets.ts';
import type { Answer, Verdict } from '../verdict.ts';

export interface AdminInboxPorts extends ReleasePorts {
  /** The sources whose inbox is on. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly keys?: KeyPort;
}

/** What the engine says of one of them under the secrets of now: nothing of its body, of a signature or of a secret. */
export interface InboxExplanation {
  readonly id: string;
  readonly receivedAt: string;
  readonly address: string;
  readonly bodyBytes: number;
  /** Why it was rejected. */
  readonly rejectedFor: string;
  /** What would be said of it now. */
  readonly verdict: Verdict['outcome'];
  readonly reason: string | null;
  /** How its body was changed on the way, where that was recognised. */
  readonly reencoding: Reencoding | null;
  /** How far its time was from our clock when it came; negative: ahead. */
  readonly ageSeconds: number | null;
  /** How many secrets it was held against. */
  readonly secrets: number;
}

const DEFAULT_LIMIT = 100;

/** `GET /admin/inbox/{source}`, `GET /admin/inbox/{source}/{id}` and `POST /admin/inbox/{source}/release`. */
export async function administerInbox(request: AdminRequest, ports: AdminInboxPorts): Promise<Answer> {
  const [, source = '', id] = request.path;
  const endpoint = ports.endpoints.get(source);
  if (!endpoint) return problem(404, `Source "${source}" has no inbox: inbox: 'on' gives it one.`, { field: 'source' });
  try {
    if (request.method === 'POST') return await release(request, endpoint, ports);
    return id === undefined ? await list(request, source, ports) : await explainKept(source, id, endpoint, ports);
  } catch (error) {
    if (!(error instanceof SecretsUnavailable)) throw error;
    return problem(503, `The secret of source ${source} can not be read now.`, {});
  }
}

async function list({ query }: AdminRequest, source: string, { inbox, clock }: AdminInboxPorts): Promise<Answer> {
  const most = Number(query.get('limit') ?? DEFAULT_LIMIT);
  const found = await inbox.list(source, laterOf(query.get('next'), clock.now()), most);
  const entries = found.flatMap(({ id, bytes }) => {
    const minute = minuteOf(id);
    return minute === undefined ? [] : [{ id, minute: new Date(minute).toISOString(), bytes }];
  });
  return json({ source, entries, next: found.length < most ? null : (found.at(-1)?.id ?? null) });
}

async function explainKept(source: string, id: string, endpoint: Endpoint, ports: AdminInboxPorts): Promise<Answer> {
  const kept = await readEntry(source, id, ports);
  if (!kept) return problem(404, `The inbox of ${source} has no "${id}".`, { field: 'id' });
  const { delivery, reason } = kept;
  const { prepared } = await ports.secrets.get(source);
  const options = { url: endpoint.source.url, keys: ports.keys };
  const found = await explain(endpoint.verifier.provider, delivery, prepared, delivery.receivedAt, options);
  const view: InboxExplanation = {
    id,
    receivedAt: new Date(delivery.receivedAt).toISOString(),
    address: delivery.sourceIp,
    bodyBytes: delivery.body.length,
    rejectedFor: reason,
    verdict: found.verdict.outcome,
    reason: found.reason ?? ('reason' in found.verdict ? found.verdict.reason : null),
    reencoding: found.reencoding ?? null,
    ageSeconds: found.timestamp?.ageSeconds ?? null,
    secrets: prepared.usable,
  };
  return json(view);
}

async function release(request: AdminRequest, endpoint: Endpoint, ports: AdminInboxPorts): Promise<Answer> {
  const { name: source } = endpoint.source;
  // It was held to the operation's schema before it came here.
  const {
    id,
    next,
    dryRun = false,
    reason: why = '',
  } = (request.body.length > 0 ? JSON.parse(request.body.toString('utf8')) : {}) as ReleaseBody;
  const order = { who: request.who, why, dryRun };
  if (id === undefined) {
    return json({ source, ...(await releasePage(laterOf(next, ports.clock.now()), endpoint, order, ports)) });
  }
  const kept = await readEntry(source, id, ports);
  if (!kept) return problem(404, `The inbox of ${source} has no "${id}".`, { field: 'id' });
  return json({ source, results: [await releaseOne(id, kept, endpoint, order, ports)], next: null });
}

interface ReleaseBody {
  readonly id?: string;
  readonly next?: string;
  readonly dryRun?: boolean;
  readonly reason?: string;
}

function laterOf(next: string | undefined, now: number): string {
  const oldest = oldestId(now);
  return next !== undefined && next > oldest ? next : oldest;
}

function json(value: unknown): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
