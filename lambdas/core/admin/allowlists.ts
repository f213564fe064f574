import type { AdminRequest } from './admin.ts';
import type { Allowlist, Change, DriftReason } from '../addresses/allowlist.ts';
import { type Allowlists, untouched } from '../addresses/follow.ts';
import { problem } from './problem.ts';
import type { Answer } from '../verdict.ts';

export interface AdminAllowlistsPorts {
  readonly allowlists: Allowlists;
  /** The sources that follow a published list, by name. */
  readonly following: ReadonlyMap<string, Following>;
  /** Keeps who approved what, and why. */
  readonly audit: (entry: { source: string; provider: string; digest: string; who: string; why: string }) => void;
}

export interface Following {
  readonly provider: string;
  readonly published: 'observe' | 'enforce';
  /** Addresses that the provider's declaration has, in force before the first fetch. */
  readonly declared: readonly string[];
}

/** The published addresses of one source as people see them. Times are ISO 8601. */
export interface AllowlistView {
  readonly source: string;
  readonly provider: string;
  readonly published: 'observe' | 'enforce';
  readonly cidrs: readonly string[];
  readonly fetchedAt: string | null;
  readonly lastChange: (Change & { readonly at: string; readonly by: string }) | null;
  /** Published, and in force only when the digest is approved. */
  readonly held: (Change & { readonly digest: string }) | null;
  readonly drift: { readonly reason: DriftReason; readonly detail: string; readonly since: string } | null;
  /** An approval that the next run, in a minute at most, will see. */
  readonly approved: string | null;
}

/** `GET /admin/allowlists/{source}` and `POST /admin/allowlists/{source}/apply` with `{"digest": …}` and a reason for the log. */
export async function administerAllowlists(request: AdminRequest, ports: AdminAllowlistsPorts): Promise<Answer> {
  const [, source = '', action, ...rest] = request.path;
  const following = ports.following.get(source);
  if (!following) {
    const names = [...ports.following.keys()].join(', ') || 'none';
    return problem(404, `Source "${source}" follows no published addresses; these do: ${names}.`, { field: 'source' });
  }
  if ((action !== undefined && action !== 'apply') || rest.length > 0) {
    return problem(404, 'GET /admin/allowlists/{source}, or POST /admin/allowlists/{source}/apply.', {});
  }
  const method = action === 'apply' ? 'POST' : 'GET';
  if (request.method !== method) return problem(405, `Only ${method}.`, {}, { allow: method });
  const { allowlists } = ports;
  const seen = (await allowlists.read(following.provider)) ?? untouched(following.declared);
  if (method === 'GET') return json(viewOf(source, following, seen));

  const wish = wishIn(request.body);
  if (!wish) return problem(400, 'The body is {"digest": …}, as the list has it.', { field: 'digest' });
  const { digest, why } = wish;
  if (seen.held?.digest !== digest) {
    const held = seen.held ? `the one that waits is ${seen.held.digest}` : 'none waits';
    return problem(409, `No list with the digest ${digest} waits for approval; ${held}.`, { field: 'digest' });
  }
  const next = { ...seen, revision: seen.revision + 1, approved: { digest, by: request.who } };
  if (!(await allowlists.change(following.provider, seen, next))) {
    return problem(409, 'The list is being changed at the same time; look at it again.', {});
  }
  ports.audit({ source, provider: following.provider, digest, who: request.who, why });
  return json(viewOf(source, following, next));
}

function viewOf(source: string, { provider, published }: Following, allowlist: Allowlist): AllowlistView {
  const { cidrs, fetchedAt, lastChange, held, drift, approved } = allowlist;
  const time = (ms: number) => new Date(ms).toISOString();
  return {
    source,
    provider,
    published,
    cidrs,
    fetchedAt: fetchedAt === undefined ? null : time(fetchedAt),
    lastChange: lastChange ? { ...lastChange, at: time(lastChange.at) } : null,
    held: held ?? null,
    drift: drift ? { ...drift, since: time(drift.since) } : null,
    approved: approved?.digest ?? null,
  };
}

function wishIn(body: Buffer): { readonly digest: string; readonly why: string } | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { digest, reason = '' } = value as { digest?: unknown; reason?: unknown };
    const isDigest = typeof digest === 'string' && /^[0-9a-f]{16}$/.test(digest);
    return isDigest && typeof reason === 'string' ? { digest, why: reason } : undefined;
  } catch {
    return undefined;
  }
}

function json(value: unknown): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
