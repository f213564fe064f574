import { type AddressList, type Allowlist, canonical, type DriftReason, judge, readList } from './allowlist.ts';
import { parseCidr } from './cidr.ts';
import type { Clock } from '../ports.ts';

/** A provider's list that at least one source of this stage follows. */
export interface FollowedList {
  readonly provider: string;
  readonly list: AddressList;
  /** What is in force before the list was had for the first time. */
  readonly declared: readonly string[];
  /** Its sets of AWS WAF, as `IpSets` names them. */
  readonly sets: { readonly IPV4: string; readonly IPV6: string };
}

/** What is kept of the lists, by provider. */
export interface Allowlists {
  /** Undefined: nothing was kept yet. */
  read(provider: string): Promise<Allowlist | undefined>;
  /** Puts the next revision in the place of the one that was seen. False: somebody else has changed it since. */
  change(provider: string, seen: Allowlist, next: Allowlist): Promise<boolean>;
}

/** Sets of addresses that the web ACL looks into. */
export interface IpSets {
  /** The addresses, and a token that a replacement must name. */
  read(set: string): Promise<{ readonly addresses: readonly string[]; readonly token: string }>;
  /** False: somebody else has changed it since the token was given. */
  replace(set: string, addresses: readonly string[], token: string): Promise<boolean>;
}

export interface FollowPorts {
  readonly allowlists: Allowlists;
  readonly sets: IpSets;
  /** The text at an address of a provider's; throws when it can't be had. */
  readonly fetch: (url: string) => Promise<string>;
  readonly clock: Pick<Clock, 'now'>;
  readonly report: (provider: string, what: FollowReport) => void;
}

export type FollowReport =
  | { readonly kind: 'applied'; readonly added: readonly string[]; readonly removed: readonly string[]; by: string }
  /** At each fetch that failed. */
  | { readonly kind: 'unreached'; readonly error: unknown }
  /** Every minute until it is over. */
  | { readonly kind: 'drift'; readonly reason: DriftReason; readonly detail: string; readonly since: number }
  | { readonly kind: 'failed'; readonly error: unknown };

const EVERY_MS = 60 * 60_000;
const AGAIN_AFTER_FAILURE_MS = 5 * 60_000;
const UNREACHABLE_MS = 24 * 60 * 60_000;

/**
 * Brings each list that is due up to date: the provider's own is fetched once an hour, five minutes after it could not be
 * had, and at once when a person has approved a change of one that was had. The sets of AWS WAF come before the row, so that a run that is cut short in between is repeated.
 *
 * @returns how many could not be seen to
 */
export async function follow(lists: readonly FollowedList[], ports: FollowPorts): Promise<number> {
  let failed = 0;
  for (const list of lists) {
    try {
      await followOne(list, ports);
    } catch (error) {
      failed++;
      ports.report(list.provider, { kind: 'failed', error });
    }
  }
  return failed;
}

/** What is in force for a provider of which nothing is kept. */
export function untouched(declared: readonly string[]): Allowlist {
  return { revision: 0, cidrs: canonical(declared) };
}

async function followOne(followed: FollowedList, ports: FollowPorts): Promise<void> {
  const { provider, declared, sets } = followed;
  const seen = (await ports.allowlists.read(provider)) ?? untouched(declared);
  const now = ports.clock.now();
  const had = seen.fetchedAt === seen.triedAt;
  const every = !had ? AGAIN_AFTER_FAILURE_MS : seen.approved ? 0 : EVERY_MS;
  const due = seen.triedAt === undefined || now - seen.triedAt >= every;
  let current = seen;
  if (due) {
    current = await refreshed(seen, followed, ports);
    const others = await bringTo(current.cidrs, seen, sets, ports.sets);
    if (others !== undefined) current = { ...current, ...driftOf(seen, 'set-changed', others, now) };
    if (!(await ports.allowlists.change(provider, seen, current))) return;
    const { lastChange } = current;
    if (lastChange && lastChange !== seen.lastChange) ports.report(provider, { kind: 'applied', ...lastChange });
  }
  if (current.drift) ports.report(provider, { kind: 'drift', ...current.drift });
}

/** What is to be kept after the list was asked for. */
async function refreshed(seen: Allowlist, { provider, list }: FollowedList, ports: FollowPorts): Promise<Allowlist> {
  const now = ports.clock.now();
  const { drift: _drift, held, approved, ...kept } = seen;
  // What a person has approved, or is about to, waits until the list is had again.
  const waiting = { ...(held && { held }), ...(approved && { approved }) };
  const next: Allowlist = { ...kept, revision: seen.revision + 1, startedAt: seen.startedAt ?? now, triedAt: now };
  let text: string;
  try {
    text = await ports.fetch(list.url);
  } catch (error) {
    ports.report(provider, { kind: 'unreached', error });
    const since = seen.fetchedAt ?? seen.startedAt ?? now;
    const detail = error instanceof Error ? error.message : String(error);
    const long = now - since >= UNREACHABLE_MS;
    return {
      ...next,
      ...waiting,
      ...(long ? driftOf(seen, 'unreachable', detail, now) : seen.drift && { drift: seen.drift }),
    };
  }
  const published = readList(text, list);
  if ('unsound' in published) return { ...next, ...waiting, ...driftOf(seen, 'unsound', published.unsound, now) };
  const fetched = { ...next, fetchedAt: now };
  const judgement = judge(seen, published.cidrs);
  switch (judgement.verdict) {
    case 'unchanged':
      return fetched;
    case 'apply':
      return { ...fetched, cidrs: published.cidrs, lastChange: { ...judgement.change, at: now, by: judgement.by } };
    case 'hold': {
      const { change, digest } = judgement;
      const detail = `${change.added.length} added, ${change.removed.length} removed of ${seen.cidrs.length}`;
      return { ...fetched, held: { ...change, digest }, ...driftOf(seen, 'held', detail, now) };
    }
  }
}

/** Makes the sets hold what is in force; the sets that held neither that nor what was before, when there are some. */
async function bringTo(
  cidrs: readonly string[],
  seen: Allowlist,
  sets: FollowedList['sets'],
  ports: IpSets,
): Promise<string | undefined> {
  const changed: string[] = [];
  for (const family of ['IPV4', 'IPV6'] as const) {
    const wanted = ofFamily(cidrs, family);
    const { addresses, token } = await ports.read(sets[family]);
    const found = canonical(addresses);
    if (same(found, wanted)) continue;
    // At the first run the set holds what the template gave it.
    if (seen.revision > 0 && !same(found, ofFamily(seen.cidrs, family))) changed.push(family);
    if (!(await ports.replace(sets[family], wanted, token))) {
      throw new Error(`The ${family} set was changed by somebody else at the same moment.`);
    }
  }
  return changed.length > 0 ? `the ${changed.join(' and ')} set was not as it had been left` : undefined;
}

function ofFamily(cidrs: readonly string[], family: 'IPV4' | 'IPV6'): readonly string[] {
  return cidrs.filter((text) => parseCidr(text)?.family === family);
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, at) => text === b[at]);
}

/** Since when is kept while the reason stays. */
function driftOf({ drift }: Allowlist, reason: DriftReason, detail: string, now: number): Pick<Allowlist, 'drift'> {
  return { drift: { reason, detail, since: drift?.reason === reason ? drift.since : now } };
}
