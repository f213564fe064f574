import type { Delivery } from '../delivery.ts';
import type { RejectionReason, Verdict } from '../verdict.ts';
import { Attempt } from './attempt.ts';
import { checkDeclaration } from './check-declaration.ts';
import { coverageOf, dedupeOf, signedIds } from './coverage.ts';
import { type Fields, readEvent } from './event.ts';
import { greet, type Handshake } from './handshake.ts';
import { proveJws } from './jws.ts';
import { decodeSecrets, type SecretSet } from './key.ts';
import type { KeyPort } from './key-port.ts';
import type { Dedupe, Proof, ProofContext, Provider } from './provider.ts';
import { proveSignature } from './signature.ts';
import { proveToken } from './token.ts';

/** What a source may set beside its provider. */
export interface SourceOptions {
  /** The URL configured at the provider, for those that sign it. @default the URL called */
  readonly url?: string | undefined;
  readonly dedupe?: Dedupe | undefined;
  /** Seconds a delivery may be old or ahead, instead of the provider's own window. */
  readonly windowSeconds?: number | undefined;
  /** Values that the provider's `settings` names, for those not stored with the secret. */
  readonly settings?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Needed by providers that publish their keys. */
  readonly keys?: KeyPort | undefined;
}

export interface Verifier {
  readonly provider: Provider;
  /** Decodes a source's secrets, current version first. Unusable ones are left out; `usable` tells how many are not. */
  secrets(values: readonly string[]): SecretSet;
  /** Whether the delivery is the provider's, and what it holds. At once, unless the provider's keys must be fetched. */
  verify(delivery: Delivery, secrets: SecretSet, nowMs: number): Verdict | Promise<Verdict>;
}

/** Makes a verifier of a declaration. Throws, by the provider's name, when the declaration makes no sense. */
export function compile(provider: Provider, options: SourceOptions = {}): Verifier {
  checkDeclaration(provider);
  if (options.windowSeconds !== undefined && !(options.windowSeconds > 0)) {
    throw new Error(`Provider ${provider.name}: a window of ${String(options.windowSeconds)} s accepts nothing`);
  }
  return new CompiledVerifier(provider, options);
}

/** Bodies beyond this are no set-up requests, so that telling one costs next to nothing before the signature passed. */
const MAX_HANDSHAKE_BYTES = 4096;

class CompiledVerifier implements Verifier {
  readonly provider: Provider;
  readonly #options: SourceOptions;
  readonly #fields: Fields;
  readonly #unsigned: readonly Handshake[];
  readonly #signed: readonly Handshake[];
  readonly #settings: ReadonlyMap<string, readonly string[]>;

  constructor(provider: Provider, options: SourceOptions) {
    this.provider = provider;
    this.#options = options;
    this.#settings = new Map(Object.entries(options.settings ?? {}));
    this.#unsigned = (provider.handshakes ?? []).filter(({ signed }) => !signed);
    this.#signed = (provider.handshakes ?? []).filter(({ signed }) => signed);
    this.#fields = {
      id: provider.id,
      signedIds: signedIds(provider),
      type: provider.type,
      orderKey: provider.orderKey ?? [],
      dedupe: dedupeOf(provider, options.dedupe),
      strength: coverageOf(provider.scheme).body ? 'verified' : 'weak',
    };
  }

  secrets(values: readonly string[]): SecretSet {
    return decodeSecrets(values, this.provider.scheme.key, Object.keys(this.provider.settings ?? {}), this.#settings);
  }

  verify(delivery: Delivery, secrets: SecretSet, nowMs: number): Verdict | Promise<Verdict> {
    const attempt = new Attempt(delivery, this.#options.url, secrets.settings);
    if (this.#unsigned.length > 0 && delivery.body.length <= MAX_HANDSHAKE_BYTES) {
      const greeting = greet(this.#unsigned, attempt, secrets, undefined);
      if (greeting) return { outcome: 'handshake', ...greeting };
    }
    const context: ProofContext = { nowMs, keys: this.#options.keys, windowSeconds: this.#options.windowSeconds };
    const proof = prove(this.provider, attempt, secrets, context);
    return proof instanceof Promise
      ? proof.then((settled) => this.#judge(attempt, secrets, settled))
      : this.#judge(attempt, secrets, proof);
  }

  #judge(attempt: Attempt, secrets: SecretSet, proof: Proof): Verdict {
    if (typeof proof === 'string') return rejected(proof);
    const greeting = this.#signed.length > 0 ? greet(this.#signed, attempt, secrets, proof) : undefined;
    if (greeting) return { outcome: 'handshake', ...greeting };
    const event = readEvent(attempt, this.#fields, proof);
    return typeof event === 'string' ? { outcome: 'malformed', reason: event } : { outcome: 'verified', event };
  }
}

function rejected(reason: RejectionReason): Verdict {
  return { outcome: 'rejected', reason };
}

export function prove(
  provider: Provider,
  attempt: Attempt,
  secrets: SecretSet,
  context: ProofContext,
): Proof | Promise<Proof> {
  const scheme = provider.scheme;
  switch (scheme.algorithm) {
    case 'HS256':
    case 'HS384':
    case 'HS512':
    case 'ES256':
    case 'RS256':
      return proveJws(scheme, attempt, secrets, context);
    case 'token':
      return proveToken(scheme, attempt, secrets);
    case 'code':
      return scheme.prove(attempt, secrets, context);
    default:
      return proveSignature(scheme, attempt, secrets, context);
  }
}
