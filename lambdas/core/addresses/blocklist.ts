import type { IpSets } from './follow.ts';
import { type Cidr, overlap, parseCidr } from './cidr.ts';
import type { Clock } from '../ports.ts';

/** Addresses whose signatures keep failing; of IPv6 the /64, because whoever has one address there has them all. */
export interface Blocklist {
  readonly revision: number;
  /** When each address failed lately, in milliseconds since the epoch. */
  readonly failures: Readonly<Record<string, readonly number[]>>;
  /** Until when each address is blocked, likewise. */
  readonly blocked: Readonly<Record<string, number>>;
}

/** One refused delivery, as the security log has it. */
export interface FailedAttempt {
  readonly address: string;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface BlocklistPorts {
  readonly read: () => Promise<Blocklist | undefined>;
  /** Puts the next revision in the place of the one that was seen. False: somebody else has changed it since. */
  readonly change: (seen: Blocklist, next: Blocklist) => Promise<boolean>;
  readonly sets: IpSets;
  readonly setNames: { readonly IPV4: string; readonly IPV6: string };
  /** The allowlists of all sources together; undefined while nobody can say what is on them. */
  readonly allowed: () => Promise<readonly string[] | undefined>;
  readonly clock: Pick<Clock, 'now'>;
}

export interface BlockReport {
  readonly added: readonly string[];
  readonly released: readonly string[];
  /** How many are blocked now. */
  readonly count: number;
}

/** A provider with a stale secret fails too, but from addresses that its list has; a scanner has no signature to try. */
const COUNTS: ReadonlySet<string> = new Set(['wrong-secret-or-changed-body', 'malformed-signature', 'untrusted-key']);
const WINDOW_MS = 5 * 60_000;
const MOST_FAILURES = 10;
const BLOCKED_MS = 10 * 60_000;
/** Who comes from more addresses than this is not stopped by blocking addresses. */
const MOST_ADDRESSES = 500;
const NOTHING: Blocklist = { revision: 0, failures: {}, blocked: {} };
/** Another run writes at the same moment, once or twice; not for ever. */
const TRIES = 3;

/**
 * Takes in what failed and lets go whose time is over: with nothing new too, every minute, so that no block outlives its
 * time by more. The sets of AWS WAF are made to hold what the row says, whatever they held.
 */
export async function keepBlocklist(attempts: readonly FailedAttempt[], ports: BlocklistPorts): Promise<BlockReport> {
  for (let tries = 0; tries < TRIES; tries++) {
    const seen = (await ports.read()) ?? NOTHING;
    const next = await after(seen, attempts, ports);
    const unchanged = JSON.stringify({ ...next, revision: 0 }) === JSON.stringify({ ...seen, revision: 0 });
    if (!unchanged && !(await ports.change(seen, next))) continue;
    await bringSets(Object.keys(next.blocked), ports);
    return {
      added: Object.keys(next.blocked).filter((address) => !Object.hasOwn(seen.blocked, address)),
      released: Object.keys(seen.blocked).filter((address) => !Object.hasOwn(next.blocked, address)),
      count: Object.keys(next.blocked).length,
    };
  }
  throw new Error('The blocked addresses are being changed by others at the same time.');
}

/** What is on an allowlist is not blocked, and let go when it comes onto one; nor is anybody new while that is unknown. */
async function after(
  seen: Blocklist,
  attempts: readonly FailedAttempt[],
  { allowed, clock }: BlocklistPorts,
): Promise<Blocklist> {
  const now = clock.now();
  const failures = new Map(Object.entries(seen.failures).map(([address, times]) => [address, [...times]]));
  for (const { address, reason, at } of attempts) {
    const block = blockOf(address);
    if (COUNTS.has(reason) && block !== undefined) failures.set(block, [...(failures.get(block) ?? []), at]);
  }
  const blocked = new Map(Object.entries(seen.blocked).filter(([, until]) => until > now));
  const failing: string[] = [];
  for (const [address, times] of failures) {
    const recent = times.filter((at) => at > now - WINDOW_MS).slice(-MOST_FAILURES);
    if (recent.length === MOST_FAILURES) failing.push(address);
    if (recent.length === 0) failures.delete(address);
    else failures.set(address, recent);
  }
  const lists = blocked.size + failing.length === 0 ? [] : await allowed();
  const listed = lists?.flatMap((text) => parseCidr(text) ?? []);
  for (const address of failing) if (listed) blocked.set(address, now + BLOCKED_MS);
  for (const address of blocked.keys()) if (listed && isListed(address, listed)) blocked.delete(address);
  for (const address of blocked.keys()) failures.delete(address);
  return {
    revision: seen.revision + 1,
    failures: Object.fromEntries([...failures].slice(-MOST_ADDRESSES)),
    blocked: Object.fromEntries([...blocked].slice(-MOST_ADDRESSES)),
  };
}

/** What is counted and blocked for an address; undefined when it is none. */
function blockOf(address: string): string | undefined {
  const alone = parseCidr(address);
  return alone?.family === 'IPV6' ? parseCidr(`${address}/64`)?.text : alone && address;
}

function isListed(address: string, listed: readonly Cidr[]): boolean {
  const block = parseCidr(address);
  return block !== undefined && listed.some((cidr) => overlap(cidr, block));
}

async function bringSets(addresses: readonly string[], { sets, setNames }: BlocklistPorts): Promise<void> {
  for (const family of ['IPV4', 'IPV6'] as const) {
    const wanted = textsOf(addresses, family);
    const { addresses: found, token } = await sets.read(setNames[family]);
    if (textsOf(found, family).join() === wanted.join()) continue;
    if (!(await sets.replace(setNames[family], wanted, token))) {
      throw new Error(`The ${family} set of blocked addresses was changed by somebody else at the same moment.`);
    }
  }
}

function textsOf(addresses: readonly string[], wanted: 'IPV4' | 'IPV6'): readonly string[] {
  return addresses
    .flatMap((address) => {
      const { family, text } = parseCidr(address) ?? {};
      return family === wanted && text !== undefined ? [text] : [];
    })
    .sort();
}
