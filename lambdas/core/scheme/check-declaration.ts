import { contentsOf, coverageOf, isSigned } from './coverage.ts';
import type { AnswerPart, Handshake } from './handshake.ts';
import type { KeyEncoding } from './key.ts';
import { type Part, type Slot, slotsOf, timestamp } from './part.ts';
import type { JwsScheme, Provider, Scheme, SignatureScheme } from './provider.ts';

/** Throws when a declaration contradicts itself or leaves out what must be said. The types hold the rest. */
export function checkDeclaration(provider: Provider): void {
  for (const problem of problemsOf(provider)) throw new Error(`Provider ${provider.name}: ${problem}`);
}

export function problemsOf(provider: Provider): readonly string[] {
  return [
    ...namingProblems(provider),
    ...coverageProblems(provider),
    ...schemeProblems(provider),
    ...settingProblems(provider),
    ...(provider.handshakes ?? []).flatMap((handshake) => handshakeProblems(handshake)),
  ];
}

function namingProblems(provider: Provider): readonly string[] {
  const problems: string[] = [];
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(provider.name)) problems.push('the name is not lower-case-with-dashes');
  if (provider.type.length === 0) problems.push('no place for the event type');
  if (provider.sources.length === 0) problems.push('no source for its facts');
  if (provider.timeoutSeconds !== undefined && !(provider.timeoutSeconds > 0)) problems.push('a timeout that never is');
  if (provider.acknowledge.status < 200 || provider.acknowledge.status > 299) {
    problems.push(`acknowledges with ${String(provider.acknowledge.status)}, which is no success`);
  }
  return problems;
}

/** What the signature leaves out must be said in the declaration, with the reason, and nothing else may be. */
function coverageProblems(provider: Provider): readonly string[] {
  const problems: string[] = [];
  const coverage = coverageOf(provider.scheme);
  const reason = provider.unsigned?.body;
  if (!coverage.body && !reason)
    problems.push('the signature does not cover the body, and unsigned.body gives no reason');
  if (coverage.body && reason !== undefined) problems.push('unsigned.body is set although the body is signed');
  const idSigned = provider.id.length === 0 || provider.id.some((part) => isSigned(part, coverage));
  const idReason = provider.unsigned?.id;
  if (!idSigned && !idReason) problems.push('the signature does not cover the id, and unsigned.id gives no reason');
  if (idSigned && idReason !== undefined) problems.push('unsigned.id is set although the id is signed or absent');
  if (!idSigned && provider.dedupe === 'id') problems.push('recognises duplicates by an id that anybody can change');
  return problems;
}

const SECRETS = ['utf8', 'base64', 'hex', 'sha1'] as const satisfies readonly KeyEncoding['key'][];

/** Kinds of key that each algorithm computes with. A public key has no secret bytes: to HMAC it would be the empty key. */
const KEYS: Readonly<Record<Exclude<Scheme['algorithm'], 'code'>, readonly string[]>> = {
  'hmac-sha1': SECRETS,
  'hmac-sha256': SECRETS,
  'hmac-sha512': SECRETS,
  sha1: SECRETS,
  sha256: SECRETS,
  token: SECRETS,
  HS256: SECRETS,
  HS384: SECRETS,
  HS512: SECRETS,
  ed25519: ['ed25519'],
  'ecdsa-p256-sha256': ['public ec'],
  ES256: ['public ec'],
  'rsa-sha256': ['public rsa'],
  RS256: ['public rsa'],
};

function schemeProblems({ scheme }: Provider): readonly string[] {
  if (scheme.algorithm === 'code') return [];
  const kind = scheme.key.key === 'public' ? `public ${scheme.key.type}` : scheme.key.key;
  const problems = KEYS[scheme.algorithm].includes(kind) ? [] : [`${scheme.algorithm} under a key that is ${kind}`];
  if (scheme.algorithm === 'token') return problems;
  if ('content' in scheme) return [...problems, ...contentProblems(scheme), ...timestampProblems(scheme)];
  return [...problems, ...tokenProblems(scheme)];
}

function tokenProblems(scheme: JwsScheme): readonly string[] {
  const { algorithm, orElse, hashed, equal, maxAgeSeconds, leewaySeconds } = scheme;
  const problems = Object.keys({ ...hashed, ...equal }).length > 0 ? [] : ['a token that is bound to nothing'];
  if (orElse && !algorithm.startsWith('HS')) problems.push(`${algorithm} or an HMAC: the public key would be its key`);
  if (!(leewaySeconds >= 0 && Number.isFinite(leewaySeconds))) problems.push(`a leeway of ${String(leewaySeconds)} s`);
  if (!isBound(maxAgeSeconds)) problems.push(`a greatest age of ${String(maxAgeSeconds)} s`);
  return problems;
}

/** Compared with NaN or Infinity, nothing is ever too old. */
function isBound(seconds: number | undefined): boolean {
  return seconds === undefined || (seconds > 0 && Number.isFinite(seconds));
}

function contentProblems(scheme: SignatureScheme): readonly string[] {
  const problems: string[] = [];
  const plainDigest = scheme.algorithm === 'sha1' || scheme.algorithm === 'sha256';
  const leads = secretAt(scheme.content) === 0;
  for (const parts of contentsOf(scheme)) {
    const at = secretAt(parts);
    if (plainDigest && at !== (leads ? 0 : parts.length - 1)) {
      problems.push('a plain digest without the secret as its first or last part: anybody could compute it');
    }
    if (!plainDigest && at >= 0) problems.push('a keyed algorithm with the secret in its content as well');
    const names = parts.flatMap(slotsOf).map(({ slot }) => slot);
    if (names.every((name) => name === 'secret' || name === 'setting')) problems.push('signs nothing of the request');
    if (names.includes('timestamp') && !scheme.timestamp) problems.push('signs a timestamp that no rule reads');
    if (names.includes('claim')) problems.push('signs a claim although it has no token');
  }
  return problems;
}

function secretAt(parts: readonly Part[]): number {
  return parts.findIndex((part) => typeof part === 'object' && part.slot === 'secret');
}

/** A time that nobody signed says nothing of when the request was made: whoever replays it writes another. */
function timestampProblems(scheme: SignatureScheme): readonly string[] {
  const rule = scheme.timestamp;
  if (!rule) return [];
  const coverage = coverageOf(scheme);
  const signed = isSigned(timestamp, coverage) || isSigned(rule.in, coverage);
  const problems = signed ? [] : ['holds a window against a timestamp that the signature does not cover'];
  for (const [bound, seconds] of Object.entries({ past: rule.past, future: rule.future })) {
    if (!isBound(seconds)) problems.push(`a ${bound} window of ${String(seconds)} s`);
  }
  return problems;
}

/** Every setting that a part refers to must be declared, so that the operator is told about it. */
function settingProblems(provider: Provider): readonly string[] {
  const { scheme } = provider;
  const tests = (provider.handshakes ?? []).flatMap(({ when }) => when.map(({ equals }) => equals ?? ''));
  const parts: Part[] = [...provider.id, ...provider.type, ...(provider.orderKey ?? []), ...tests];
  if ('content' in scheme) {
    parts.push(...contentsOf(scheme).flat());
    if (scheme.signature.grammar.grammar === 'pairs') parts.push(scheme.signature.grammar.owner);
  }
  if ('equal' in scheme) parts.push(...Object.values(scheme.equal ?? {}));
  const used = parts.flatMap(slotsOf).flatMap((slot) => (slot.slot === 'setting' ? [slot.name] : []));
  return used
    .filter((name) => !Object.hasOwn(provider.settings ?? {}, name))
    .map((name) => `uses the setting ${name} without declaring it`);
}

/** Nothing that a stranger sends is echoed or signed without a shape it must have. */
function handshakeProblems(handshake: Handshake): readonly string[] {
  const { answer, when } = handshake;
  const parts = [answer.text ?? [], ...Object.values(answer.json ?? {}), ...Object.values(answer.headers ?? {})].flat();
  const echoed = parts.flatMap(placesOf);
  const gated = new Set(when.flatMap(({ part, matches }) => (matches ? [JSON.stringify(part)] : [])));
  const problems = echoed
    .filter((part) => part.slot !== 'setting' && !gated.has(JSON.stringify(part)))
    .map((part) => `its handshake answers with ${JSON.stringify(part)}, which may be anything`);
  for (const { matches } of when) {
    if (matches && !(matches.source.startsWith('^') && matches.source.endsWith('$'))) {
      problems.push(`its handshake matches /${matches.source}/ anywhere instead of as a whole`);
    }
  }
  return problems;
}

/** The places of the request that a part of an answer repeats, hashes or signs. */
function placesOf(part: AnswerPart): readonly Slot[] {
  if (typeof part === 'string') return [];
  if ('mac' in part) return [part.mac];
  return 'sha256' in part ? part.sha256.flatMap(placesOf) : [part];
}
