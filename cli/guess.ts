import type { Delivery } from '../lambdas/core/delivery.ts';
import { Attempt, readContent } from '../lambdas/core/scheme/attempt.ts';
import { problemsOf } from '../lambdas/core/scheme/check-declaration.ts';
import { compile } from '../lambdas/core/scheme/compile.ts';
import { type Grammar, readSignatures } from '../lambdas/core/scheme/grammar.ts';
import { decodeSecrets, type Key, type KeyEncoding } from '../lambdas/core/scheme/key.ts';
import { matchingKey } from '../lambdas/core/scheme/mac.ts';
import type { Slot } from '../lambdas/core/scheme/part.ts';
import type { Provider, SignatureScheme } from '../lambdas/core/scheme/provider.ts';
import { algorithmsFor, contentsFor, grammarsFor, type Timed, textsOf, timesOf } from './axes.ts';
import { declare } from './declaration.ts';
import { guessTokens } from './guess-token.ts';

/** What a captured request turned out to be. */
export interface Guess {
  /** Providers whose declaration verifies it; any window is ignored, since captures are old. */
  readonly providers: readonly Provider[];
  /** Declarations put together from the axes that load and verify it, the likeliest first. */
  readonly declarations: readonly Provider[];
}

/** Combinations tried at most; each costs a signature per secret. */
const MAX_TRIES = 50_000;
const LONG_AGO = 1e9;

export async function guess(
  delivery: Delivery,
  secrets: readonly string[],
  known: Iterable<Provider>,
  sourceUrl?: string,
): Promise<Guess> {
  const verifies = async (provider: Provider, now = delivery.receivedAt): Promise<boolean> => {
    const verifier = compile(provider, { windowSeconds: LONG_AGO, url: sourceUrl });
    const { outcome } = await verifier.verify(delivery, verifier.secrets(secrets), now);
    return outcome === 'verified' || outcome === 'malformed';
  };
  const providers: Provider[] = [];
  for (const provider of known) if (await verifies(provider)) providers.push(provider);
  const declarations: Provider[] = [];
  for (const scheme of searchAxes(delivery, secrets, sourceUrl)) {
    const declared = declare('mine', scheme, delivery);
    // What is printed must load and verify, or it is no answer.
    if (problemsOf(declared).length === 0 && (await verifies(declared))) declarations.push(declared);
  }
  for (const { scheme, at } of guessTokens(delivery, sourceUrl)) {
    const declared = declare('mine', scheme, delivery);
    if (problemsOf(declared).length === 0 && (await verifies(declared, at))) declarations.push(declared);
  }
  return { providers, declarations };
}

/** Where a signature may stand, how it may be written there, and what then are signatures. */
interface Place {
  readonly slot: Slot;
  readonly grammar: Grammar;
  readonly signatures: readonly string[];
  readonly params: ReadonlyMap<string, string>;
}

function* searchAxes(delivery: Delivery, secrets: readonly string[], sourceUrl?: string): Generator<SignatureScheme> {
  const keys = new Map<KeyEncoding, readonly Key[]>();
  const keysFor = (encoding: KeyEncoding): readonly Key[] => {
    const decoded = keys.get(encoding) ?? decodeSecrets(secrets, encoding, []).keys;
    keys.set(encoding, decoded);
    return decoded;
  };
  const attempt = new Attempt(delivery, sourceUrl, new Map());
  const found = new Set<string>();
  let tries = 0;
  for (const place of placesOf(attempt)) {
    const contents = contentsFor(delivery, place.slot, timesOf(delivery, place.params));
    for (const { algorithm, encoding, keys: encodings } of algorithmsFor(place.signatures)) {
      for (const { content, time } of contents(algorithm)) {
        for (const key of encodings) {
          if (keysFor(key).length === 0) continue;
          if (++tries > MAX_TRIES) return;
          const scheme = schemeOf(algorithm, key, content, place, encoding, time);
          // The same bytes under the same key may be found under several names of the key; the first is the likeliest.
          const name = JSON.stringify([place, algorithm, content, encoding]);
          if (found.has(name) || !holds(scheme, attempt, place, keysFor(key), time)) continue;
          found.add(name);
          yield scheme;
        }
      }
    }
  }
}

function schemeOf(
  algorithm: SignatureScheme['algorithm'],
  key: KeyEncoding,
  content: SignatureScheme['content'],
  { slot, grammar }: Place,
  encoding: SignatureScheme['signature']['encoding'],
  time: Timed | undefined,
): SignatureScheme {
  const signature = { in: slot, grammar, encoding };
  return { algorithm, key, content, signature, ...(time && { timestamp: time.rule }) };
}

function holds(
  scheme: SignatureScheme,
  attempt: Attempt,
  place: Place,
  keys: readonly Key[],
  time: Timed | undefined,
): boolean {
  attempt.params = place.params;
  attempt.timestamp = time?.text;
  const content = readContent(scheme.content, attempt);
  if (!Array.isArray(content)) return false;
  const length = (text: string): boolean => text.length === place.signatures[0]?.length;
  return matchingKey(scheme, content as (string | Buffer)[], place.signatures.filter(length), keys) !== undefined;
}

/** Every header and every text in a JSON body, read in each grammar that it may be written in. */
function* placesOf(attempt: Attempt): Generator<Place> {
  for (const [slot, text] of textsOf(attempt.delivery)) {
    for (const grammar of grammarsFor(text)) {
      const groups = readSignatures(slot, grammar, attempt);
      attempt.repeated = false;
      for (const { candidates, params } of typeof groups === 'string' ? [] : groups) {
        const byLength = new Set(candidates.map(({ length }) => length));
        for (const length of byLength) {
          const signatures = candidates.filter((candidate) => candidate.length === length);
          yield { slot, grammar, signatures, params: params ?? new Map() };
        }
      }
    }
  }
}
