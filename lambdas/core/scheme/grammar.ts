import type { RejectionReason } from '../verdict.ts';
import { type Attempt, MAX_TEXT, readText } from './attempt.ts';
import type { Slot } from './part.ts';

/** Where the signature stands. */
export type Place =
  | Slot
  /** `<prefix>1`, `<prefix>2`, …: one signature per key. */
  | { readonly place: 'numbered'; readonly prefix: string; readonly max: number }
  /** Several headers, any of which may hold a signature that counts. */
  | { readonly place: 'any'; readonly of: readonly Slot[] };

/** How it is written there. */
export type Grammar =
  | { readonly grammar: 'plain'; readonly prefix?: string }
  /** `t=1,v1=ab`: the signatures under `keys`, everything else is a parameter. */
  | { readonly grammar: 'kv'; readonly separator: string; readonly keys: readonly string[] }
  /** `v1,ab v1,cd`: entries without the prefix are another version's. */
  | { readonly grammar: 'versioned'; readonly separator: string; readonly prefix: string }
  | { readonly grammar: 'list'; readonly separator: string }
  /** `1767225600,ab,cd`: the timestamp, then signatures. It is the parameter `t`. */
  | { readonly grammar: 'positional'; readonly separator: string }
  /** Several `kv` groups, each with a timestamp of its own. */
  | {
      readonly grammar: 'kv-groups';
      readonly groupSeparator: string;
      readonly separator: string;
      readonly keys: readonly string[];
    }
  /** `<name>|ab&<name>|cd`: the signatures whose name is the source's own. */
  | {
      readonly grammar: 'pairs';
      readonly separator: string;
      readonly divider: string;
      readonly owner: Slot;
    };

/** Signatures that share their parameters. */
export interface Group {
  readonly params: ReadonlyMap<string, string> | undefined;
  readonly candidates: readonly string[];
}

/** More entries than any rotation needs; what is beyond is not looked at. */
export const MAX_ENTRIES = 16;

export const plain = (prefix = ''): Grammar => ({ grammar: 'plain', prefix });
export const kv = (separator: string, ...keys: readonly string[]): Grammar => ({ grammar: 'kv', separator, keys });
export const versioned = (separator: string, prefix: string): Grammar => ({ grammar: 'versioned', separator, prefix });
export const list = (separator: string): Grammar => ({ grammar: 'list', separator });
export const positional = (separator: string): Grammar => ({ grammar: 'positional', separator });

/** The groups of signatures in the request, or why there is none to check. */
export function readSignatures(place: Place, grammar: Grammar, attempt: Attempt): readonly Group[] | RejectionReason {
  if ('slot' in place) {
    const text = readText(place, attempt);
    if (attempt.repeated) return 'repeated-header';
    return text === undefined || text === '' ? 'missing-signature' : readGroups(grammar, text, attempt);
  }
  const texts = placeTexts(place, attempt);
  if (attempt.repeated) return 'repeated-header';
  if (texts.length === 0) return 'missing-signature';
  const groups: Group[] = [];
  for (const text of texts.slice(0, MAX_ENTRIES)) {
    const read = readGroups(grammar, text, attempt);
    if (typeof read === 'string' && read !== 'malformed-signature') return read;
    if (typeof read === 'object') groups.push(...read);
  }
  return groups.length === 0 ? 'malformed-signature' : groups;
}

function readGroups(grammar: Grammar, text: string, attempt: Attempt): readonly Group[] | RejectionReason {
  if (text.length > MAX_TEXT) return 'malformed-signature';
  const groups = parseGrammar(grammar, text, attempt);
  if (typeof groups === 'string') return groups;
  return groups.some(({ candidates }) => candidates.length > 0) ? groups : 'malformed-signature';
}

function placeTexts(place: Exclude<Place, Slot>, attempt: Attempt): readonly string[] {
  const slots =
    place.place === 'any'
      ? place.of
      : Array.from({ length: place.max }, (_, i): Slot => ({
          slot: 'header',
          name: `${place.prefix}${String(i + 1)}`,
        }));
  return slots.flatMap((slot) => readText(slot, attempt) ?? []).filter((text) => text !== '');
}

function parseGrammar(grammar: Grammar, text: string, attempt: Attempt): readonly Group[] | RejectionReason {
  switch (grammar.grammar) {
    case 'plain':
      return parsePlain(grammar, text);
    case 'kv':
      return asGroups(parseKv(text, grammar.separator, grammar.keys));
    case 'kv-groups': {
      const groups = text.split(grammar.groupSeparator, MAX_ENTRIES);
      return asGroups(...groups.map((group) => parseKv(group, grammar.separator, grammar.keys)));
    }
    case 'versioned':
      return parseVersioned(text, grammar.separator, grammar.prefix);
    case 'list': {
      const entries = text.split(grammar.separator, MAX_ENTRIES).map((entry) => entry.trim());
      return [{ params: undefined, candidates: entries.filter((entry) => entry !== '') }];
    }
    case 'positional': {
      const [time = '', ...candidates] = text.split(grammar.separator, MAX_ENTRIES + 1).map((entry) => entry.trim());
      return [{ params: new Map([['t', time]]), candidates }];
    }
    case 'pairs': {
      const owner = readText(grammar.owner, attempt);
      const entries = text.split(grammar.separator, MAX_ENTRIES).map((entry) => entry.split(grammar.divider, 2));
      return [{ params: undefined, candidates: entries.flatMap(([name, sig]) => (name === owner && sig) || []) }];
    }
  }
}

function parsePlain(grammar: { prefix?: string }, text: string): readonly Group[] | RejectionReason {
  const prefix = grammar.prefix ?? '';
  // HTTP libraries join repeated headers with a comma and a space, which no single signature contains.
  if (text.includes(', ')) return 'repeated-header';
  if (!text.startsWith(prefix)) return 'malformed-signature';
  return [{ params: undefined, candidates: [prefix === '' ? text : text.slice(prefix.length)] }];
}

function parseVersioned(text: string, separator: string, prefix: string): readonly Group[] | RejectionReason {
  if (separator !== ',' && text.includes(', ')) return 'repeated-header';
  const candidates: string[] = [];
  let from = 0;
  for (let entries = 0; entries < MAX_ENTRIES && from <= text.length; entries++) {
    const to = text.indexOf(separator, from);
    const end = to < 0 ? text.length : to;
    if (text.startsWith(prefix, from) && end > from + prefix.length)
      candidates.push(text.slice(from + prefix.length, end));
    from = end + separator.length;
  }
  return [{ params: undefined, candidates }];
}

function parseKv(text: string, separator: string, keys: readonly string[]): Group | RejectionReason {
  if (separator !== ',' && text.includes(', ')) return 'repeated-header';
  const params = new Map<string, string>();
  const candidates: string[] = [];
  const entries = text.split(separator, 2 * MAX_ENTRIES);
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    if (equals < 0) continue;
    const key = entry.slice(0, equals).trimStart();
    const value = entry.slice(equals + 1);
    if (keys.includes(key)) {
      if (candidates.length < MAX_ENTRIES) candidates.push(value);
    } else if (params.has(key)) {
      // `t=1,v1=a,t=2,v1=b` is two headers joined; it is undecided which time belongs to which signature.
      return 'repeated-header';
    } else {
      params.set(key, value);
    }
  }
  return { params, candidates };
}

function asGroups(...groups: readonly (Group | RejectionReason)[]): readonly Group[] | RejectionReason {
  const reason = groups.find((group) => typeof group === 'string');
  return reason ?? groups.filter((group) => typeof group === 'object');
}
