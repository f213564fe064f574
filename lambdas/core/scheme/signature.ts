import { createHash, timingSafeEqual } from 'node:crypto';
import type { RejectionReason } from '../verdict.ts';
import { type Attempt, type Content, readContent, readText } from './attempt.ts';
import { type Group, readSignatures } from './grammar.ts';
import { atPointer } from './json.ts';
import type { SecretSet } from './key.ts';
import { anyWellFormed, matchingKey, rightLength } from './mac.ts';
import type { Part, Slot } from './part.ts';
import type { Proof, ProofContext, Requirement, SignatureScheme } from './provider.ts';
import { decodeStrict } from './text.ts';
import { checkTime, readSignedAt } from './timestamp.ts';

/** Cheap checks first: signature there and well formed, time, then the one computation per key. */
export function proveSignature(
  scheme: SignatureScheme,
  attempt: Attempt,
  secrets: SecretSet,
  context: ProofContext,
): Proof {
  if (scheme.require?.some((requirement) => !isMet(requirement, attempt))) return 'malformed-signature';
  const groups = readSignatures(scheme.signature.in, scheme.signature.grammar, attempt);
  if (typeof groups === 'string') return groups;
  let reason: RejectionReason = 'malformed-signature';
  for (const group of groups) {
    const proof = proveGroup(scheme, group, attempt, secrets, context);
    if (typeof proof === 'object') return proof;
    reason = moreTelling(reason, proof);
  }
  return reason;
}

function isMet(requirement: Requirement, attempt: Attempt): boolean {
  const text = readText(requirement.part, attempt);
  return 'equals' in requirement ? text === requirement.equals : text !== undefined && requirement.matches.test(text);
}

/** Of several groups, the one that came furthest says why. */
function moreTelling(one: RejectionReason, other: RejectionReason): RejectionReason {
  return one === 'malformed-signature' ? other : one;
}

function proveGroup(
  scheme: SignatureScheme,
  group: Group,
  attempt: Attempt,
  secrets: SecretSet,
  context: ProofContext,
): Proof {
  const signatures = rightLength(scheme, group.candidates);
  if (signatures.length === 0) return 'malformed-signature';
  attempt.params = group.params;
  const inBody = scheme.timestamp?.in.slot === 'json' && scheme.content.some(isBody);
  const early = inBody ? undefined : checkTimestamp(scheme, attempt, context);
  if (early) return early;
  let proof = proveContent(scheme, scheme.content, signatures, attempt, secrets);
  if (typeof proof === 'string') {
    if (scheme.alternatives) proof = proveAlternatives(scheme, proof, signatures, attempt, secrets);
    if (typeof proof === 'string') return anyWellFormed(scheme, signatures) ? proof : 'malformed-signature';
  }
  // Only now is the body the provider's, so only now is a time inside it worth parsing for.
  const late = inBody ? checkTimestamp(scheme, attempt, context) : undefined;
  return late ?? proof;
}

function proveContent(
  scheme: SignatureScheme,
  parts: readonly Part[],
  signatures: readonly string[],
  attempt: Attempt,
  secrets: SecretSet,
): Proof {
  const content = readContent(parts, attempt);
  if (attempt.repeated) return 'repeated-header';
  if (!isContent(content)) return content.slot === 'header' ? 'missing-id' : 'malformed-signature';
  if (hasAmbiguousId(parts, attempt)) return 'malformed-id';
  if (secrets.keys.length === 0) return 'no-usable-secret';
  const index = matchingKey(scheme, content, signatures, secrets.keys);
  if (index === undefined) return 'wrong-secret-or-changed-body';
  if (scheme.bodyHash && !bodyMatches(scheme, attempt)) return 'wrong-secret-or-changed-body';
  return { secretIndex: index, content };
}

function proveAlternatives(
  scheme: SignatureScheme,
  first: RejectionReason,
  signatures: readonly string[],
  attempt: Attempt,
  secrets: SecretSet,
): Proof {
  let reason = first;
  for (const parts of scheme.alternatives ?? []) {
    const proof = proveContent(scheme, parts, signatures, attempt, secrets);
    if (typeof proof === 'object') return proof;
    reason = moreTelling(reason, proof);
  }
  return reason;
}

function isContent(content: Content | { readonly slot: string }): content is Content {
  return Array.isArray(content);
}

function isBody(part: Part): boolean {
  return typeof part === 'object' && part.slot === 'body';
}

function checkTimestamp(scheme: SignatureScheme, attempt: Attempt, context: ProofContext): RejectionReason | undefined {
  const rule = scheme.timestamp;
  if (!rule) return undefined;
  attempt.timestamp = readText(rule.in, attempt);
  if (attempt.repeated) return 'repeated-header';
  if (rule.number && attempt.timestamp !== undefined && !isJsonNumber(rule.in, attempt)) return 'malformed-timestamp';
  attempt.signedAt = readSignedAt(attempt.timestamp, rule);
  return checkTime(attempt.timestamp, rule, context.nowMs, context.windowSeconds);
}

function isJsonNumber(slot: Slot, attempt: Attempt): boolean {
  const parsed = attempt.json();
  return slot.slot === 'json' && 'value' in parsed && typeof atPointer(parsed.value, slot.pointer) === 'number';
}

/** UUIDs, the alphabets of base64 (Twitch), and what else providers put into ids. */
const ID = /^[A-Za-z0-9._:~+/=-]{1,256}$/;

/**
 * An id inside the signed content must not contain what separates it from its neighbours, or two requests would sign
 * the same bytes. Only headers are held to it: values inside a body are framed by the body.
 */
function hasAmbiguousId(content: readonly Part[], attempt: Attempt): boolean {
  for (const [index, part] of content.entries()) {
    if (typeof part !== 'object' || part.slot !== 'header') continue;
    const id = readText(part, attempt) ?? '';
    const beside = [content[index - 1], content[index + 1]];
    if (!ID.test(id) || beside.some((part) => typeof part === 'string' && id.includes(part))) return true;
  }
  return false;
}

function bodyMatches(scheme: SignatureScheme, attempt: Attempt): boolean {
  if (!scheme.bodyHash) return true;
  const claimed = decodeStrict(readText(scheme.bodyHash.in, attempt) ?? '', scheme.bodyHash.encoding, 32);
  if (!claimed) return false;
  return timingSafeEqual(claimed, createHash('sha256').update(attempt.delivery.body).digest());
}
