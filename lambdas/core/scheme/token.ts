import { createHash, timingSafeEqual } from 'node:crypto';
import { type Attempt, MAX_TEXT, readText } from './attempt.ts';
import { atPointer } from './json.ts';
import type { Key, SecretSet } from './key.ts';
import type { Proof, TokenScheme } from './provider.ts';

/** A shared token, in a header or in every element of the body's array. */
export function proveToken(scheme: TokenScheme, attempt: Attempt, secrets: SecretSet): Proof {
  const tokens = scheme.each ? tokensInBody(scheme.each, attempt) : tokenInPlace(scheme, attempt);
  if (attempt.repeated) return 'repeated-header';
  if (tokens.length === 0 || tokens.some((token) => token === '')) return 'missing-signature';
  if (tokens.some((token) => token === undefined || token.length > MAX_TEXT)) return 'malformed-signature';
  if (secrets.keys.length === 0) return 'no-usable-secret';
  const key = secrets.keys.find((candidate) => tokens.every((token) => sameToken(token ?? '', candidate)));
  return key ? { secretIndex: key.index, content: [attempt.delivery.body] } : 'wrong-secret-or-changed-body';
}

type Tokens = readonly (string | undefined)[];

function tokenInPlace(scheme: TokenScheme, attempt: Attempt): Tokens {
  const text = readText(scheme.token.in, attempt);
  if (text === undefined) return [];
  if (!scheme.token.basic) return [text];
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(text.slice(0, MAX_TEXT))?.[1];
  return [encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8')];
}

function tokensInBody(each: NonNullable<TokenScheme['each']>, attempt: Attempt): Tokens {
  const parsed = attempt.json();
  const array = 'value' in parsed ? atPointer(parsed.value, each.array) : undefined;
  if (!Array.isArray(array)) return [];
  return array.map((element: unknown) => {
    const token = atPointer(element, [each.member]);
    return typeof token === 'string' ? token : undefined;
  });
}

/** Tokens differ in length, so their digests are compared: neither length nor content shows in the time it takes. */
function sameToken(token: string, key: Key): boolean {
  const given = createHash('sha256').update(token).digest();
  return timingSafeEqual(given, createHash('sha256').update(key.bytes).digest());
}
