import { createHash } from 'node:crypto';
import type { Delivery } from '../lambdas/core/delivery.ts';
import { parseJson } from '../lambdas/core/scheme/json.ts';
import { type KeyEncoding, utf8 } from '../lambdas/core/scheme/key.ts';
import { body, type Part, url } from '../lambdas/core/scheme/part.ts';
import type { HashedClaim, JwsScheme } from '../lambdas/core/scheme/provider.ts';
import type { Encoding } from '../lambdas/core/scheme/text.ts';
import { textsOf } from './axes.ts';

const KEYS: Readonly<Partial<Record<string, KeyEncoding>>> = {
  HS256: utf8,
  HS384: utf8,
  HS512: utf8,
  ES256: { key: 'public', type: 'ec' },
  RS256: { key: 'public', type: 'rsa' },
};

export interface TokenGuess {
  readonly scheme: JwsScheme;
  /** A time at which the token is good. */
  readonly at: number;
}

/** JSON Web Tokens in the request, with the claims that bind them to its body or its URL. */
export function guessTokens(delivery: Delivery, sourceUrl?: string): readonly TokenGuess[] {
  return textsOf(delivery).flatMap(([slot, text]) => {
    const [, prefix = '', head = '', payload = ''] =
      /^([A-Za-z]{1,20} )?([\w-]{10,2000})\.([\w-]{2,6000})\.[\w-]{20,1000}$/.exec(text) ?? [];
    const { alg } = decode(head);
    const claims = decode(payload);
    const key = typeof alg === 'string' ? KEYS[alg] : undefined;
    if (!key) return [];
    const hashed = Object.entries(claims).flatMap(([name, value]) => hashOf(name, value, delivery, sourceUrl));
    const equal = Object.entries(claims).flatMap(([name, value]) => sameAs(name, value, delivery, sourceUrl));
    const scheme: JwsScheme = {
      algorithm: alg as JwsScheme['algorithm'],
      key,
      token: { in: slot, ...(prefix !== '' && { prefix }) },
      hashed: Object.fromEntries(hashed),
      equal: Object.fromEntries(equal),
      ...('exp' in claims && { required: ['exp'] }),
      leewaySeconds: 5,
    };
    const { iat, nbf, exp } = claims;
    const seconds = [iat, nbf, typeof exp === 'number' ? exp - 1 : undefined].find((time) => typeof time === 'number');
    return [{ scheme, at: typeof seconds === 'number' ? seconds * 1000 : delivery.receivedAt }];
  });
}

function decode(segment: string): Readonly<Record<string, unknown>> {
  const parsed = parseJson(Buffer.from(segment, 'base64url'));
  if (!('value' in parsed) || typeof parsed.value !== 'object' || parsed.value === null) return {};
  return parsed.value as Record<string, unknown>;
}

const ENCODINGS: readonly Encoding[] = ['hex', 'base64', 'base64url'];

function hashOf(
  name: string,
  value: unknown,
  delivery: Delivery,
  sourceUrl: string | undefined,
): readonly (readonly [string, HashedClaim])[] {
  const places = [
    [body, delivery.body],
    [url, sourceUrl ?? delivery.url],
  ] as const;
  for (const [of, bytes] of places) {
    for (const encoding of ENCODINGS) {
      if (createHash('sha256').update(bytes).digest(encoding) === value) return [[name, { of, encoding }]];
    }
  }
  return [];
}

/** The issuer says who signs; another claim counts where it is the URL. */
function sameAs(
  name: string,
  value: unknown,
  delivery: Delivery,
  sourceUrl: string | undefined,
): readonly (readonly [string, Part])[] {
  if (value === (sourceUrl ?? delivery.url)) return [[name, url]];
  return name === 'iss' && typeof value === 'string' ? [[name, value]] : [];
}
