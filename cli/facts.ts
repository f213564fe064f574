import { coverageOf, dedupeOf, isSigned } from '../lambdas/core/scheme/coverage.ts';
import type { Grammar, Place } from '../lambdas/core/scheme/grammar.ts';
import type { KeyEncoding } from '../lambdas/core/scheme/key.ts';
import { describePart } from '../lambdas/core/scheme/part.ts';
import type { Provider, Scheme } from '../lambdas/core/scheme/provider.ts';
import { DEFAULT_WINDOW_SECONDS, type TimestampRule } from '../lambdas/core/scheme/timestamp.ts';

/** What Hookgate knows of a provider, in words: the declaration read aloud. */
export interface Facts {
  readonly name: string;
  readonly title: string;
  readonly algorithm: string;
  readonly signs: string;
  readonly signature: string;
  readonly secret: string;
  readonly timestamp: string | null;
  /** `weak`: the body is not covered, so whoever holds one valid request can change it. */
  readonly strength: 'verified' | 'weak';
  readonly weakness: readonly string[];
  readonly id: readonly string[];
  readonly idSigned: boolean;
  readonly type: readonly string[];
  readonly orderKey: readonly string[];
  readonly recognisesDuplicatesBy: string;
  readonly redelivers: boolean;
  readonly timeoutSeconds: number | null;
  readonly acknowledges: number;
  readonly handshakes: readonly string[];
  readonly confirmation: string | null;
  readonly addresses: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly sources: readonly string[];
  readonly unchecked: readonly string[];
}

export function factsOf(provider: Provider): Facts {
  const { scheme } = provider;
  const coverage = coverageOf(scheme);
  return {
    name: provider.name,
    title: provider.title,
    algorithm: [scheme.algorithm, ...(('orElse' in scheme && scheme.orElse) || [])].join(' or '),
    signs: signedOf(scheme),
    signature: signatureOf(scheme),
    secret: describeKey(scheme.key),
    timestamp: 'content' in scheme && scheme.timestamp ? timestampOf(scheme.timestamp) : null,
    strength: coverage.body ? 'verified' : 'weak',
    weakness: Object.entries(provider.unsigned ?? {}).map(([what, reason]) => `${what} unsigned: ${String(reason)}`),
    id: provider.id.map(describePart),
    idSigned: provider.id.some((part) => isSigned(part, coverage)),
    type: provider.type.map(describePart),
    orderKey: (provider.orderKey ?? []).map(describePart),
    recognisesDuplicatesBy: dedupeOf(provider),
    redelivers: provider.redelivers,
    timeoutSeconds: provider.timeoutSeconds ?? null,
    acknowledges: provider.acknowledge.status,
    handshakes: (provider.handshakes ?? []).map(
      ({ method, when, signed }) =>
        `${method} with ${when.map(({ part }) => describePart(part)).join(', ')}${signed ? ', signed' : ''}`,
    ),
    confirmation: provider.confirmation ?? null,
    addresses: [...(provider.addresses ?? []), ...(provider.addressList ? [provider.addressList.url] : [])],
    settings: provider.settings ?? {},
    sources: provider.sources,
    unchecked: provider.unchecked ?? [],
  };
}

function signedOf(scheme: Scheme): string {
  if (scheme.algorithm === 'code') return scheme.describes;
  if (scheme.algorithm === 'token') return 'nothing: whoever knows the token is the provider';
  if ('content' in scheme) return scheme.content.map(describePart).join(' + ');
  const equal = Object.entries(scheme.equal ?? {}).map(([name, part]) => `${name} is ${describePart(part)}`);
  const hashed = Object.entries(scheme.hashed ?? {}).map(([name, { of }]) => `${name} is the SHA-256 of ${of.slot}`);
  return `claims: ${[...equal, ...hashed].join(', ')}`;
}

function signatureOf(scheme: Scheme): string {
  if (scheme.algorithm === 'code') return 'as its own code reads it';
  if ('token' in scheme) return describePart(scheme.token.in);
  const { in: place, grammar, encoding } = scheme.signature;
  return `${placeOf(place)}, ${grammarOf(grammar)}${encoding}`;
}

function placeOf(place: Place): string {
  if ('slot' in place) return describePart(place);
  if (place.place === 'any') return place.of.map(describePart).join(' or ');
  return `headers ${place.prefix}1 to ${place.prefix}${place.max}`;
}

function grammarOf(grammar: Grammar): string {
  switch (grammar.grammar) {
    case 'plain':
      return grammar.prefix ? `${grammar.prefix} and then ` : '';
    case 'kv':
    case 'kv-groups':
      return `${grammar.keys.map((key) => `${key}=`).join(' or ')} separated by ${JSON.stringify(grammar.separator)}, `;
    case 'versioned':
      return `entries ${grammar.prefix}… separated by ${JSON.stringify(grammar.separator)}, `;
    case 'list':
      return `separated by ${JSON.stringify(grammar.separator)}, `;
    case 'positional':
      return `after the time, separated by ${JSON.stringify(grammar.separator)}, `;
    case 'pairs':
      return `after ${describePart(grammar.owner)} and ${JSON.stringify(grammar.divider)}, `;
  }
}

const UNITS: Readonly<Record<TimestampRule['unit'], string>> = {
  s: 'Unix seconds',
  ms: 'Unix milliseconds',
  iso8601: 'ISO 8601',
  digits: 'digits of an unknown unit, so no age is refused',
};

function timestampOf({ in: place, unit, past, future }: TimestampRule): string {
  const at = `${describePart(place)}, ${UNITS[unit]}`;
  if (unit === 'digits') return at;
  return `${at}, at most ${past ?? DEFAULT_WINDOW_SECONDS} s old or ${future ?? DEFAULT_WINDOW_SECONDS} s ahead`;
}

/** How a provider's secret is written. */
export function describeKey(encoding: KeyEncoding): string {
  switch (encoding.key) {
    case 'utf8':
    case 'sha1':
      return 'any text';
    case 'base64':
      return encoding.prefix ? `base64, after ${encoding.prefix} if it starts with that` : 'base64';
    case 'hex':
      return 'hexadecimal digits';
    case 'ed25519':
      return `an Ed25519 public key, 32 bytes in ${encoding.text}`;
    case 'public':
      return `a public ${encoding.type.toUpperCase()} key or certificate, PEM or base64`;
    case 'fetched':
      return 'settings as `label:value` lines';
  }
}
