import { createHash, createHmac, createPrivateKey, type KeyObject, sign as signBytes } from 'node:crypto';
import { type Attempt, contentBytes, readContent, readText } from './attempt.ts';
import type { Grammar, Place } from './grammar.ts';
import { decodeSecrets, type Key } from './key.ts';
import { type Part, slotsOf } from './part.ts';
import type { JwsScheme, Provider, SignatureScheme, TokenScheme } from './provider.ts';
import { codeSigners } from './sign-code.ts';
import { Draft } from './draft.ts';

/** What a sample delivery is made of. */
export interface Sample {
  readonly body: Buffer;
  readonly id?: string | undefined;
  readonly type?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** The shared secret as the source stores it; for public-key schemes the private key, PEM. */
  readonly secret: string;
  /** Where it is sent to: some providers sign it. */
  readonly url?: string | undefined;
  /** Values for the provider's `settings`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** A request as the provider would send it. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export type Signing = SignedRequest | { readonly unsignable: string };

/** Signs a sample as the provider does: the inverse of its verification. Only a rotation uses it, to test a secret. */
export function sign(provider: Provider, sample: Sample): Signing {
  const draft = new Draft(provider, sample);
  const { scheme } = provider;
  if (scheme.algorithm === 'code') {
    const signer = codeSigners.get(provider.name);
    return signer ? signer(draft, sample) : { unsignable: `${provider.title} deliveries can only be verified here` };
  }
  if ('content' in scheme) return signContent(provider, scheme, draft, sample);
  const key = decodeSecrets([sample.secret], scheme.key, Object.keys(provider.settings ?? {})).keys[0];
  if (scheme.algorithm === 'token') return key ? signToken(scheme, draft, key) : unusable(provider);
  return signJws(provider, scheme, draft, sample, key);
}

function unusable(provider: Provider): Signing {
  return { unsignable: `the secret is not one that ${provider.title} signs with` };
}

function signContent(provider: Provider, scheme: SignatureScheme, draft: Draft, sample: Sample): Signing {
  const rule = scheme.timestamp;
  if (rule) draft.setTime(rule);
  for (const needed of scheme.require ?? []) if ('equals' in needed) draft.set(needed.part, needed.equals);
  if (scheme.bodyHash) {
    draft.set(scheme.bodyHash.in, createHash('sha256').update(draft.body).digest(scheme.bodyHash.encoding));
  }
  const attempt = draft.attempt();
  const content = readContent(scheme.content, attempt);
  if (!Array.isArray(content)) return { unsignable: `the sample lacks what ${provider.title} signs` };
  const bytes = contentBytes(content as (string | Buffer)[]);
  const signature = computeSignature(provider, scheme, bytes, sample);
  if (!signature) return unusable(provider);
  placeSignature(scheme.signature.in, scheme.signature.grammar, signature.toString(scheme.signature.encoding), draft);
  return draft.request();
}

function computeSignature(
  provider: Provider,
  scheme: SignatureScheme,
  bytes: Buffer,
  sample: Sample,
): Buffer | undefined {
  if (scheme.algorithm === 'ed25519' || scheme.algorithm === 'rsa-sha256' || scheme.algorithm === 'ecdsa-p256-sha256') {
    const key = privateKey(sample.secret);
    return key && signBytes(scheme.algorithm === 'ed25519' ? null : 'sha256', bytes, key);
  }
  const key = decodeSecrets([sample.secret], scheme.key, Object.keys(provider.settings ?? {})).keys[0];
  if (!key) return undefined;
  switch (scheme.algorithm) {
    case 'hmac-sha1':
    case 'hmac-sha256':
    case 'hmac-sha512':
      return createHmac(scheme.algorithm.slice('hmac-'.length), key.key).update(bytes).digest();
    case 'sha1':
    case 'sha256': {
      const first = scheme.content[0];
      const leads = typeof first === 'object' && first.slot === 'secret';
      const whole = Buffer.concat(leads ? [key.bytes, bytes] : [bytes, key.bytes]);
      return createHash(scheme.algorithm).update(whole).digest();
    }
  }
}

export function privateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function placeSignature(place: Place, grammar: Grammar, signature: string, draft: Draft): void {
  const attempt = draft.attempt();
  const text = writeGrammar(grammar, signature, draft, attempt);
  if ('slot' in place) draft.set(place, text);
  else if (place.place === 'numbered') draft.headers[`${place.prefix}1`] = text;
  else if (place.of[0]) draft.set(place.of[0], text);
}

function writeGrammar(grammar: Grammar, signature: string, draft: Draft, attempt: Attempt): string {
  switch (grammar.grammar) {
    case 'plain':
      return `${grammar.prefix ?? ''}${signature}`;
    case 'versioned':
      return `${grammar.prefix}${signature}`;
    case 'list':
      return signature;
    case 'positional':
      return `${draft.params.get('t') ?? ''}${grammar.separator}${signature}`;
    case 'kv':
    case 'kv-groups': {
      const params = [...draft.params].map(([key, value]) => `${key}=${value}`);
      return [...params, `${grammar.keys[0] ?? ''}=${signature}`].join(grammar.separator);
    }
    case 'pairs':
      return `${readText(grammar.owner, attempt) ?? ''}${grammar.divider}${signature}`;
  }
}

function signToken(scheme: TokenScheme, draft: Draft, key: Key): SignedRequest {
  const token = key.bytes.toString('utf8');
  if (scheme.each) draft.setEach(scheme.each.array, scheme.each.member, token);
  else draft.set(scheme.token.in, scheme.token.basic ? `Basic ${key.bytes.toString('base64')}` : token);
  return draft.request();
}

function signJws(provider: Provider, scheme: JwsScheme, draft: Draft, sample: Sample, key: Key | undefined): Signing {
  const now = Math.floor(sample.timestamp / 1000);
  const attempt = draft.attempt();
  const claims: Record<string, unknown> = { iat: now, nbf: now, exp: now + 300 };
  for (const [name, part] of Object.entries(scheme.equal ?? {})) claims[name] = readText(part, attempt);
  for (const [name, { of, encoding }] of Object.entries(scheme.hashed ?? {})) {
    const bytes = of.slot === 'body' ? draft.body : Buffer.from(readText(of, attempt) ?? '', 'utf8');
    claims[name] = createHash('sha256').update(bytes).digest(encoding);
  }
  const claimed = [...provider.id, ...provider.type].filter((part): part is Extract<Part, { slot: 'claim' }> =>
    slotsOf(part).some(({ slot }) => slot === 'claim'),
  );
  for (const { name } of claimed) claims[name] = name === 'jti' ? (sample.id ?? 'evt_sample') : sample.type;
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ alg: scheme.algorithm, typ: 'JWT' })}.${encode(claims)}`;
  const signature = signInput(scheme, input, key, sample);
  if (!signature) return unusable(provider);
  draft.set(scheme.token.in, `${scheme.token.prefix ?? ''}${input}.${signature.toString('base64url')}`);
  return draft.request();
}

function signInput(scheme: JwsScheme, input: string, key: Key | undefined, sample: Sample): Buffer | undefined {
  if (scheme.algorithm === 'ES256' || scheme.algorithm === 'RS256') {
    const signer = privateKey(sample.secret);
    return signer && signBytes('sha256', Buffer.from(input), { key: signer, dsaEncoding: 'ieee-p1363' });
  }
  return (
    key &&
    createHmac(`sha${scheme.algorithm.slice(2)}`, key.key)
      .update(input)
      .digest()
  );
}
