import { type Delivery } from '../lambdas/core/delivery.ts';
import { Attempt, readContent } from '../lambdas/core/scheme/attempt.ts';
import { compile } from '../lambdas/core/scheme/compile.ts';
import { type Grammar, kv, plain } from '../lambdas/core/scheme/grammar.ts';
import { base64Key, decodeSecrets, hexKey, type Key, type KeyEncoding, utf8 } from '../lambdas/core/scheme/key.ts';
import { matchingKey } from '../lambdas/core/scheme/mac.ts';
import { body, header, method, type Part, sigParam, type Slot, timestamp, url } from '../lambdas/core/scheme/part.ts';
import { type Provider, type SignatureAlgorithm, type SignatureScheme } from '../lambdas/core/scheme/provider.ts';
import { type Encoding } from '../lambdas/core/scheme/text.ts';
import { readTime, type TimestampRule } from '../lambdas/core/scheme/timestamp.ts';

/** What a captured request turned out to be. */
export interface Guess {
  /** Providers whose declaration verifies it; any window is ignored, since captures are old. */
  readonly providers: readonly Provider[];
  /** Schemes put together from the axes that verify it. */
  readonly schemes: readonly SignatureScheme[];
}

/** Combinations tried at most; each costs a signature per secret. */
const MAX_TRIES = 20_000;
const LONG_AGO = 1e9;

export async function guess(
  delivery: Delivery,
  secrets: readonly string[],
  known: Iterable<Provider>,
  sourceUrl?: string,
): Promise<Guess> {
  const providers: Provider[] = [];
  for (const provider of known) {
    const verifier = compile(provider, { windowSeconds: LONG_AGO, url: sourceUrl });
    const verdict = await verifier.verify(delivery, verifier.secrets(secrets), delivery.receivedAt);
    if (verdict.outcome === 'verified' || verdict.outcome === 'malformed') providers.push(provider);
  }
  return { providers, schemes: [...searchAxes(delivery, secrets, sourceUrl)] };
}

interface Place {
  readonly slot: Slot;
  readonly grammar: Grammar;
  readonly signature: string;
  readonly params: ReadonlyMap<string, string>;
}

function* searchAxes(delivery: Delivery, secrets: readonly string[], sourceUrl?: string): Generator<SignatureScheme> {
  let tries = 0;
  for (const place of placesOf(delivery)) {
    for (const [algorithm, encoding] of algorithmsFor(place.signature)) {
      for (const { content, rule } of contentsFor(delivery, place)) {
        for (const [key, keys] of keysFor(secrets)) {
          if (++tries > MAX_TRIES) return;
          const scheme: SignatureScheme = {
            algorithm,
            key,
            content,
            signature: { in: place.slot, grammar: place.grammar, encoding },
            ...(rule && { timestamp: rule.rule }),
          };
          if (verifies(scheme, delivery, place, rule?.text, keys, sourceUrl)) yield scheme;
        }
      }
    }
  }
}

function verifies(
  scheme: SignatureScheme,
  delivery: Delivery,
  place: Place,
  time: string | undefined,
  keys: readonly Key[],
  sourceUrl?: string,
): boolean {
  const attempt = new Attempt(delivery, sourceUrl, new Map());
  attempt.params = place.params;
  attempt.timestamp = time;
  const content = readContent(scheme.content, attempt);
  if (!Array.isArray(content)) return false;
  return matchingKey(scheme, content as (string | Buffer)[], [place.signature], keys) !== undefined;
}

const KEYS: readonly KeyEncoding[] = [utf8, base64Key('whsec_'), hexKey];

function keysFor(secrets: readonly string[]): readonly (readonly [KeyEncoding, readonly Key[]])[] {
  return KEYS.map((encoding) => [encoding, decodeSecrets(secrets, encoding, []).keys]);
}

const ALGORITHMS: readonly (readonly [RegExp, SignatureAlgorithm, Encoding])[] = [
  [/^[0-9A-Fa-f]{64}$/, 'hmac-sha256', 'hex'],
  [/^[0-9A-Fa-f]{40}$/, 'hmac-sha1', 'hex'],
  [/^[0-9A-Fa-f]{128}$/, 'hmac-sha512', 'hex'],
  [/^[A-Za-z0-9+/]{43}=$/, 'hmac-sha256', 'base64'],
  [/^[A-Za-z0-9+/]{27}=$/, 'hmac-sha1', 'base64'],
  [/^[A-Za-z0-9+/]{86}==$/, 'hmac-sha512', 'base64'],
  [/^[A-Za-z0-9_-]{43}$/, 'hmac-sha256', 'base64url'],
];

function algorithmsFor(signature: string): readonly (readonly [SignatureAlgorithm, Encoding])[] {
  return ALGORITHMS.flatMap(([shape, algorithm, encoding]) => (shape.test(signature) ? [[algorithm, encoding]] : []));
}

/** Every header value that ends in, or lists, something of a signature's shape. */
function placesOf(delivery: Delivery): readonly Place[] {
  const places: Place[] = [];
  for (const [name, values] of delivery.headers) {
    const value = values[0]?.slice(0, 1000) ?? '';
    const slot = header(name);
    const whole = /^([a-z0-9-]{0,20}[=,:])?([A-Za-z0-9+/_-]{27,128}={0,2})$/.exec(value);
    if (whole?.[2]) places.push({ slot, grammar: plain(whole[1] ?? ''), signature: whole[2], params: new Map() });
    for (const separator of [',', ';', ' ']) {
      const pairs = value.split(separator).map((entry) => /^\s*(\w{1,20})=(.{1,200})$/.exec(entry));
      if (pairs.length < 2 || pairs.some((pair) => pair === null)) continue;
      const all = new Map(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
      for (const [key, signature] of all) {
        if (algorithmsFor(signature).length > 0) {
          places.push({ slot, grammar: kv(separator, key), signature, params: all });
        }
      }
    }
  }
  return places;
}

interface Timed {
  readonly rule: TimestampRule;
  readonly text: string;
}

function timesOf(delivery: Delivery, place: Place): readonly Timed[] {
  const places: [Slot, string][] = [...delivery.headers].map(([name, values]) => [header(name), values[0] ?? '']);
  places.push(...[...place.params].map(([key, value]): [Slot, string] => [sigParam(key), value]));
  return places.flatMap(([slot, text]) => {
    for (const unit of ['s', 'ms', 'iso8601'] as const) {
      if (readTime(text, unit) !== undefined) return [{ rule: { in: slot, unit }, text }];
    }
    return [];
  });
}

/** The contents that providers sign, with the places this request has. */
function contentsFor(delivery: Delivery, place: Place): readonly { content: readonly Part[]; rule?: Timed }[] {
  const plainContents: readonly (readonly Part[])[] = [[body], [url, body], [body, url], [url], [method, url, body]];
  const found: { content: readonly Part[]; rule?: Timed }[] = plainContents.map((content) => ({ content }));
  const ids = [...delivery.headers].flatMap(([name, [value = '']]) =>
    /^[A-Za-z0-9_-]{3,80}$/.test(value) && !/^\d+$/.test(value) ? [header(name)] : [],
  );
  for (const rule of timesOf(delivery, place)) {
    for (const dot of ['.', ':', '', '|', '\n']) {
      found.push({ content: [timestamp, dot, body], rule }, { content: [body, dot, timestamp], rule });
      for (const id of ids) found.push({ content: [id, dot, timestamp, dot, body], rule });
    }
    for (const version of ['v0', 'v1']) found.push({ content: [`${version}:`, timestamp, ':', body], rule });
    found.push({ content: [method, url, body, timestamp], rule }, { content: [timestamp, '.', url, '.', body], rule });
  }
  return found.map(({ content, ...rest }) => ({ content: content.filter((part) => part !== ''), ...rest }));
}
