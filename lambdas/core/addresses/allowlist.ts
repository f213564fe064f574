import { createHash } from 'node:crypto';
import { type Cidr, overlap, parseCidr, sizeOf } from './cidr.ts';
import { atPointer } from '../scheme/json.ts';

/** Where a provider publishes the addresses that it sends from. */
export interface AddressList {
  /** https; its host is pinned by being written here, and a redirect is not followed. */
  readonly url: string;
  /** One address a line, or a JSON array. */
  readonly in: 'lines' | JsonList;
}

export interface JsonList {
  /** The way to it, one name a step. */
  readonly array: readonly string[];
  /** Of the array's objects, the member with the address. @default - the elements are the addresses */
  readonly member?: string;
  /** Only objects whose member is, or has among others, this text. */
  readonly where?: Readonly<Record<string, string>>;
}

/** What is kept of one provider's list. */
export interface Allowlist {
  readonly revision: number;
  /** In force, sorted. */
  readonly cidrs: readonly string[];
  /** When the list was first asked for, last asked for, and last had. Milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly triedAt?: number;
  readonly fetchedAt?: number;
  readonly lastChange?: Change & { readonly at: number; readonly by: string };
  /** Published and sound, but not in force until a person approves it. */
  readonly held?: Change & { readonly digest: string };
  /** A person's word for the list with this digest and no other. */
  readonly approved?: { readonly digest: string; readonly by: string };
  /** Why what is in force may not be what the provider sends from. */
  readonly drift?: { readonly reason: DriftReason; readonly detail: string; readonly since: number };
}

export interface Change {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/**
 * `held`: the published list differs by more than is applied unseen. `unsound`: it can't be a list of a provider's
 * addresses. `unreachable`: it could not be had for a day. `set-changed`: somebody else changed the set of AWS WAF.
 */
export type DriftReason = 'held' | 'unsound' | 'unreachable' | 'set-changed';

export type Fetched = { readonly cidrs: readonly string[] } | { readonly unsound: string };

/** No provider needs more, and a set of AWS WAF ends at 10,000. */
const MOST_CIDRS = 2_000;
/** A shorter prefix is more than one sender has: GitHub's /20 and /29 are the widest known. */
const SHORTEST_PREFIX = { IPV4: 16, IPV6: 24 } as const;
/** All IPv4 blocks together, a thousandth of the internet. */
const MOST_IPV4_ADDRESSES = 1n << 22n;
/**
 * What is applied without being asked: half as many changes as there were blocks, of which a quarter go; and of the
 * addresses of each family half as many more, a quarter fewer, so that no block among many stands for a whole network.
 */
const MOST_CHANGED = 2n;
const MOST_REMOVED = 4n;

/** https://www.iana.org/assignments/iana-ipv4-special-registry and …-ipv6-…: nobody sends from these over the internet. */
const RESERVED: readonly Cidr[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.2.0/24'],
  ...['192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  ...['::/16', '64:ff9b::/32', '100::/64', '2001:db8::/32', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
].flatMap((text) => parseCidr(text) ?? []);

/** Reads what a provider published; a list that can't be true is refused whole, with the reason. */
export function readList(text: string, list: AddressList): Fetched {
  const entries = list.in === 'lines' ? linesOf(text) : elementsOf(text, list.in);
  if ('unsound' in entries) return entries;
  const cidrs = new Map<string, Cidr>();
  for (const entry of entries) {
    const cidr = typeof entry === 'string' ? parseCidr(entry) : undefined;
    if (!cidr) return { unsound: `it has ${short(entry)}, which is no address` };
    if (cidr.prefix < SHORTEST_PREFIX[cidr.family]) return { unsound: `${cidr.text} is wider than any sender` };
    if (RESERVED.some((reserved) => overlap(reserved, cidr))) {
      return { unsound: `${cidr.text} is not an address of the internet` };
    }
    cidrs.set(cidr.text, cidr);
  }
  if (cidrs.size === 0) return { unsound: 'it is empty' };
  if (cidrs.size > MOST_CIDRS) return { unsound: `it has ${cidrs.size} blocks, more than ${MOST_CIDRS}` };
  const ipv4 = [...cidrs.values()].filter(({ family }) => family === 'IPV4');
  if (ipv4.reduce((sum, cidr) => sum + sizeOf(cidr), 0n) > MOST_IPV4_ADDRESSES) {
    return { unsound: `its IPv4 blocks have more than ${MOST_IPV4_ADDRESSES} addresses together` };
  }
  return { cidrs: [...cidrs.keys()].sort() };
}

export type Judgement =
  | { readonly verdict: 'unchanged' }
  | { readonly verdict: 'apply'; readonly change: Change; readonly by: string }
  | { readonly verdict: 'hold'; readonly change: Change; readonly digest: string };

/** Whether a published list may replace the one in force: small changes at once, others when a person approved them. */
export function judge({ cidrs: current, approved }: Allowlist, published: readonly string[]): Judgement {
  const added = published.filter((cidr) => !current.includes(cidr));
  const removed = current.filter((cidr) => !published.includes(cidr));
  const change = { added, removed };
  if (added.length + removed.length === 0) return { verdict: 'unchanged' };
  const digest = digestOf(published);
  if (approved?.digest === digest) return { verdict: 'apply', change, by: approved.by };
  // With nothing in force there is nothing to compare with; a list that is enforced begins with the declared addresses.
  return current.length === 0 || isSmall(current, change)
    ? { verdict: 'apply', change, by: 'schedule' }
    : { verdict: 'hold', change, digest };
}

function isSmall(current: readonly string[], { added, removed }: Change): boolean {
  const isPart = (part: bigint, whole: bigint, most: bigint) => part * most <= whole;
  const blocks = BigInt(current.length);
  return (
    isPart(BigInt(added.length + removed.length), blocks, MOST_CHANGED) &&
    isPart(BigInt(removed.length), blocks, MOST_REMOVED) &&
    (['IPV4', 'IPV6'] as const).every((family) => {
      const addresses = addressesOf(current, family);
      return (
        isPart(addressesOf(added, family), addresses, MOST_CHANGED) &&
        isPart(addressesOf(removed, family), addresses, MOST_REMOVED)
      );
    })
  );
}

function addressesOf(cidrs: readonly string[], family: Cidr['family']): bigint {
  const ofFamily = cidrs.flatMap((text) => parseCidr(text) ?? []).filter((cidr) => cidr.family === family);
  return ofFamily.reduce((sum, cidr) => sum + sizeOf(cidr), 0n);
}

/** Names a list: what a person approves is this list and not the next. */
export function digestOf(cidrs: readonly string[]): string {
  return createHash('sha256').update(cidrs.join('\n')).digest('hex').slice(0, 16);
}

/** The declared addresses in the form of a list in force. */
export function canonical(cidrs: readonly string[]): readonly string[] {
  return [...new Set(cidrs.map((text) => parseCidr(text)?.text ?? text))].sort();
}

function linesOf(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');
}

function elementsOf(text: string, { array, member, where = {} }: JsonList): readonly unknown[] | { unsound: string } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { unsound: 'it is no JSON' };
  }
  const found = atPointer(document, array);
  if (!Array.isArray(found)) return { unsound: `it has no array at ${array.join('.')}` };
  const elements = found as readonly unknown[];
  if (member === undefined) return elements;
  return elements
    .filter((element) =>
      Object.entries(where).every(([name, wanted]) => {
        const value = atPointer(element, [name]);
        return value === wanted || (Array.isArray(value) && value.includes(wanted));
      }),
    )
    .map((element) => atPointer(element, [member]));
}

function short(entry: unknown): string {
  return String(JSON.stringify(entry)).slice(0, 60);
}
