import { createHash, createHmac, timingSafeEqual, verify as verifySignature } from 'node:crypto';
import type { RejectionReason } from '../verdict.ts';
import { type Attempt, MAX_TEXT, readText } from './attempt.ts';
import { type Parsed, parseJson, scalarText } from './json.ts';
import type { Key, SecretSet } from './key.ts';
import type { JwsScheme, Proof, ProofContext } from './provider.ts';
import { decodeStrict } from './text.ts';

type Claims = Readonly<Record<string, unknown>>;

interface Token {
  readonly algorithm: JwsScheme['algorithm'];
  readonly signingInput: string;
  readonly claims: Claims;
  readonly signature: Buffer;
}

/** A compact JWS (RFC 7515) whose claims bind it to this request and this time. */
export function proveJws(scheme: JwsScheme, attempt: Attempt, secrets: SecretSet, context: ProofContext): Proof {
  const text = readText(scheme.token.in, attempt);
  if (attempt.repeated) return 'repeated-header';
  if (text === undefined || text === '') return 'missing-signature';
  const prefix = scheme.token.prefix ?? '';
  const token = text.startsWith(prefix) ? readToken(scheme, text.slice(prefix.length)) : undefined;
  if (!token) return 'malformed-signature';
  if (secrets.keys.length === 0) return 'no-usable-secret';
  const key = secrets.keys.find((candidate) => tokenHolds(token, candidate));
  if (!key) return 'wrong-secret-or-changed-body';
  attempt.claims = token.claims;
  const { iat } = token.claims;
  if (typeof iat === 'number') attempt.signedAt = iat * 1000;
  const reason = checkClaims(scheme, token.claims, attempt, context);
  return reason ?? { secretIndex: key.index, content: [token.signingInput] };
}

/** The token's header names one of the declared algorithms; it never brings another. */
function readToken(scheme: JwsScheme, text: string): Token | undefined {
  if (text.length > MAX_TEXT) return undefined;
  const [head = '', payload = '', signature = '', ...rest] = text.split('.', 4);
  if (rest.length > 0) return undefined;
  const decoded = decodeStrict(signature, 'base64url');
  const header = decodeObject(head);
  const claims = decodeObject(payload);
  const algorithm = [scheme.algorithm, ...(scheme.orElse ?? [])].find((declared) => declared === header?.['alg']);
  if (!decoded || !algorithm || !claims) return undefined;
  return { algorithm, signingInput: `${head}.${payload}`, claims, signature: decoded };
}

function decodeObject(segment: string): Claims | undefined {
  const bytes = decodeStrict(segment, 'base64url');
  const parsed: Parsed = bytes ? parseJson(bytes) : { problem: 'not-json' };
  if (!('value' in parsed) || typeof parsed.value !== 'object' || Array.isArray(parsed.value)) return undefined;
  return parsed.value === null ? undefined : (parsed.value as Claims);
}

function tokenHolds(token: Token, key: Key): boolean {
  const input = Buffer.from(token.signingInput, 'utf8');
  switch (token.algorithm) {
    case 'HS256':
    case 'HS384':
    case 'HS512': {
      const expected = createHmac(`sha${token.algorithm.slice(2)}`, key.key)
        .update(input)
        .digest();
      return expected.length === token.signature.length && timingSafeEqual(expected, token.signature);
    }
    case 'ES256':
      return verifySignature('sha256', input, { key: key.key, dsaEncoding: 'ieee-p1363' }, token.signature);
    case 'RS256':
      return verifySignature('sha256', input, key.key, token.signature);
  }
}

function checkClaims(
  scheme: JwsScheme,
  claims: Claims,
  attempt: Attempt,
  context: ProofContext,
): RejectionReason | undefined {
  for (const name of scheme.required ?? []) {
    if (!Object.hasOwn(claims, name)) return 'malformed-signature';
  }
  if (boundClaims(scheme, claims, attempt).some(({ holds }) => !holds)) return 'wrong-secret-or-changed-body';
  return checkTimes(scheme, claims, context.nowMs / 1000);
}

/** A claim that must be what the request is: what it says, and what it would have to say. */
export interface BoundClaim {
  readonly name: string;
  readonly claimed: string | undefined;
  readonly expected: string | undefined;
  readonly holds: boolean;
}

function boundClaims(scheme: JwsScheme, claims: Claims, attempt: Attempt): readonly BoundClaim[] {
  const equal = Object.entries(scheme.equal ?? {}).map(([name, part]): BoundClaim => {
    const expected = readText(part, attempt);
    const claimed = own(claims, name);
    return { name, claimed, expected, holds: expected !== undefined && claimed === expected };
  });
  const hashed = Object.entries(scheme.hashed ?? {}).map(([name, { of, encoding, absentWhenEmpty }]): BoundClaim => {
    const bytes = of.slot === 'body' ? attempt.delivery.body : Buffer.from(readText(of, attempt) ?? '', 'utf8');
    const claimed = own(claims, name);
    const expected = createHash('sha256').update(bytes).digest(encoding);
    const same = claimed !== undefined && unpadded(claimed) === unpadded(expected);
    const mayLack = absentWhenEmpty === true && claimed === undefined && bytes.length === 0;
    return { name, claimed, expected, holds: same || mayLack };
  });
  return [...equal, ...hashed];
}

/** A token taken apart, for the operator: what is signed, what each secret would have signed, what it is bound to. */
export function describeToken(scheme: JwsScheme, attempt: Attempt, { keys }: SecretSet) {
  const text = readText(scheme.token.in, attempt) ?? '';
  const prefix = scheme.token.prefix ?? '';
  const token = text.startsWith(prefix) ? readToken(scheme, text.slice(prefix.length)) : undefined;
  if (!token) return undefined;
  const { algorithm, signingInput, claims, signature } = token;
  const hash = algorithm.startsWith('HS') ? `sha${algorithm.slice(2)}` : undefined;
  return {
    signingInput,
    received: signature.toString('base64url'),
    expected: hash ? keys.map(({ key }) => createHmac(hash, key).update(signingInput).digest('base64url')) : [],
    claims: boundClaims(scheme, claims, attempt),
    issuedAt: typeof claims['iat'] === 'number' ? claims['iat'] : undefined,
  };
}

function own(claims: Claims, name: string): string | undefined {
  return Object.hasOwn(claims, name) ? scalarText(claims[name]) : undefined;
}

/** Padding carries nothing, and providers disagree on it. */
function unpadded(text: string): string {
  return text.endsWith('==') ? text.slice(0, -2) : text.endsWith('=') ? text.slice(0, -1) : text;
}

function checkTimes(scheme: JwsScheme, claims: Claims, now: number): RejectionReason | undefined {
  for (const name of ['exp', 'nbf', 'iat']) {
    const time = claims[name];
    if (Object.hasOwn(claims, name) && !(typeof time === 'number' && Number.isFinite(time)))
      return 'malformed-timestamp';
  }
  const { exp, nbf, iat } = claims as { exp?: number; nbf?: number; iat?: number };
  const leeway = scheme.leewaySeconds;
  if (exp !== undefined && now >= exp + leeway) return 'stale-timestamp';
  if (nbf !== undefined && now < nbf - leeway) return 'future-timestamp';
  if (scheme.maxAgeSeconds === undefined) return undefined;
  if (iat === undefined) return 'missing-timestamp';
  if (now > iat + scheme.maxAgeSeconds) return 'stale-timestamp';
  return now < iat - scheme.maxAgeSeconds ? 'future-timestamp' : undefined;
}
