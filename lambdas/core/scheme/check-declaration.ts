import { coverageOf, isSigned } from './coverage.ts';
import { type AnswerPart, type Handshake } from './handshake.ts';
import { type Part, type Slot, slotsOf } from './part.ts';
import { type Provider } from './provider.ts';

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

function schemeProblems(provider: Provider): readonly string[] {
  const { scheme } = provider;
  if (scheme.algorithm === 'code' || scheme.algorithm === 'token') return [];
  if (!('content' in scheme)) return scheme.hashed || scheme.equal ? [] : ['a token that is bound to nothing'];
  const problems: string[] = [];
  const secretAt = scheme.content.findIndex((part) => typeof part === 'object' && part.slot === 'secret');
  const plainDigest = scheme.algorithm === 'sha1' || scheme.algorithm === 'sha256';
  if (plainDigest && secretAt !== 0 && secretAt !== scheme.content.length - 1) {
    problems.push('a plain digest without the secret as its first or last part: anybody could compute it');
  }
  if (!plainDigest && secretAt >= 0) problems.push('a keyed algorithm with the secret in its content as well');
  const names = slotNames(scheme.content);
  if (names.length === 0) problems.push('signs nothing of the request');
  if (names.includes('timestamp') && !scheme.timestamp) problems.push('signs a timestamp that no rule reads');
  if (names.includes('claim')) problems.push('signs a claim although it has no token');
  for (const [bound, seconds] of Object.entries({ past: scheme.timestamp?.past, future: scheme.timestamp?.future })) {
    if (seconds !== undefined && !(seconds > 0)) problems.push(`a ${bound} window of ${String(seconds)} s`);
  }
  return problems;
}

function slotNames(parts: readonly Part[]): readonly string[] {
  return parts.flatMap(slotsOf).map(({ slot }) => slot);
}

/** Every setting that a part refers to must be declared, so that the operator is told about it. */
function settingProblems(provider: Provider): readonly string[] {
  const { scheme } = provider;
  const tests = (provider.handshakes ?? []).flatMap(({ when }) => when.map(({ equals }) => equals ?? ''));
  const parts: Part[] = [...provider.id, ...provider.type, ...(provider.orderKey ?? []), ...tests];
  if ('content' in scheme) {
    parts.push(...scheme.content);
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
