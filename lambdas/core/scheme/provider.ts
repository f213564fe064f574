import type { AddressList } from '../addresses/allowlist.ts';
import type { OccurredAt } from '../processing/occurred-at.ts';
import type { RejectionReason } from '../verdict.ts';
import type { Attempt, Content } from './attempt.ts';
import type { Grammar, Place } from './grammar.ts';
import type { Handshake } from './handshake.ts';
import type { KeyEncoding, SecretSet } from './key.ts';
import type { KeyPort } from './key-port.ts';
import { type Part, type Slot, slotsOf } from './part.ts';
import type { Encoding } from './text.ts';
import type { TimestampRule } from './timestamp.ts';

/** Everything Hookgate knows of one provider: how it signs, names, times and retries. One file in `lambdas/providers`. */
export interface Provider {
  /** The file's name, and what a source's `provider` says. */
  readonly name: string;
  readonly title: string;
  readonly scheme: Scheme;
  /** Where the event's id stands, first hit counts; empty when the provider sends none. */
  readonly id: readonly Part[];
  /** Where the event's type stands. A literal last gives a type to providers that have only one. */
  readonly type: readonly Part[];
  /** What its events are ordered by, first hit counts. */
  readonly orderKey?: readonly Part[];
  /** Where its JSON says when an event happened: `event.occurredAt` of a processor. */
  readonly occurredAt?: OccurredAt;
  /**
   * What recognises a repeated delivery. `id`: only where the signature covers it. `content`: the hash of what is
   * signed. `body`: the hash of the body, for schemes whose signed content repeats between events.
   * @default the id when it is signed, else the content
   */
  readonly dedupe?: Dedupe;
  /** Whether a failed delivery is sent again by the provider itself. */
  readonly redelivers: boolean;
  /** Seconds until it gives up on an answer; absent when nobody says. */
  readonly timeoutSeconds?: number;
  /** What it takes for a success. */
  readonly acknowledge: Acknowledgement;
  readonly handshakes?: readonly Handshake[];
  /** How it is told to go on sending, where that is no answer to one of its requests. */
  readonly confirmation?: string;
  /** CIDRs that it is known to send from; with `addressList`, those that an enforced allowlist begins with. */
  readonly addresses?: readonly string[];
  /** Its own list of them, for sources that follow it. */
  readonly addressList?: AddressList;
  /** Labels of further values that the stored secret may carry as `label:value` lines, with what they are. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Required where the signature does not cover something, with the reason. Shown as weaker than verified. */
  readonly unsigned?: Unsigned;
  /** Where each fact was read. */
  readonly sources: readonly string[];
  /** Facts nobody has checked; never shown without saying so. */
  readonly unchecked?: readonly string[];
}

export type Dedupe = 'id' | 'content' | 'body';

export interface Unsigned {
  /** Why the body is not covered: whoever holds one valid request can change it. */
  readonly body?: string;
  /** Why the id is not covered: a replay can carry any id, so it recognises nothing. */
  readonly id?: string;
}

export interface Acknowledgement {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Scheme = SignatureScheme | JwsScheme | TokenScheme | CodeScheme;

export type SignatureAlgorithm =
  'hmac-sha1' | 'hmac-sha256' | 'hmac-sha512' | 'sha1' | 'sha256' | 'ed25519' | 'ecdsa-p256-sha256' | 'rsa-sha256';

/** A signature over content that the declaration spells out. */
export interface SignatureScheme {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyEncoding;
  readonly content: readonly Part[];
  /** Other contents the provider may have signed, for those whose writing of a URL or a field is not settled. */
  readonly alternatives?: readonly (readonly Part[])[];
  /** Places that say which version of the scheme this is, or are nothing else; otherwise the delivery is not looked at. */
  readonly require?: readonly Requirement[];
  readonly signature: { readonly in: Place; readonly grammar: Grammar; readonly encoding: Encoding };
  readonly timestamp?: TimestampRule;
  /** Places that must hold the SHA-256 of the body: it is covered through them. */
  readonly bodyHash?: { readonly in: Slot; readonly encoding: Encoding };
  /** Why the content is the whole body although it does not name it. */
  readonly wholeBody?: string;
}

export type Requirement =
  { readonly part: Slot; readonly equals: string } | { readonly part: Slot; readonly matches: RegExp };

type HmacJwsAlgorithm = 'HS256' | 'HS384' | 'HS512';

/** A JSON Web Token whose claims bind it to the request. The algorithm is the declaration's, never the token's. */
export interface JwsScheme {
  readonly algorithm: HmacJwsAlgorithm | 'ES256' | 'RS256';
  /** Others that the provider signs with, under the same key: of these, and of no others, the token names one. */
  readonly orElse?: readonly HmacJwsAlgorithm[];
  readonly key: KeyEncoding;
  readonly token: { readonly in: Slot; readonly prefix?: string };
  /** Claims that must equal a place of the request or a setting. */
  readonly equal?: Readonly<Record<string, Part>>;
  /** Claims that must be the SHA-256 of a place. `absentWhenEmpty`: the provider leaves them out where it is empty. */
  readonly hashed?: Readonly<Record<string, HashedClaim>>;
  /** Claims without which the token is refused, beside those above. */
  readonly required?: readonly string[];
  /** Oldest `iat` accepted, in seconds. */
  readonly maxAgeSeconds?: number;
  /** Clock difference allowed at `exp` and `nbf`, in seconds. */
  readonly leewaySeconds: number;
}

export interface HashedClaim {
  readonly of: Slot;
  readonly encoding: Encoding;
  readonly absentWhenEmpty?: true;
}

/** No signature: whoever knows the token is the provider. */
export interface TokenScheme {
  readonly algorithm: 'token';
  readonly key: KeyEncoding;
  /** `basic`: the secret is `user:password` of HTTP Basic. */
  readonly token: { readonly in: Slot; readonly basic?: true };
  /** The token stands once in each element of this array, and all must match. */
  readonly each?: { readonly array: readonly string[]; readonly member: string };
}

/** A scheme that no combination of the axes expresses. */
export interface CodeScheme {
  readonly algorithm: 'code';
  readonly key: KeyEncoding;
  /** What it does, for `hookgate providers`. */
  readonly describes: string;
  /** What the proof covers, in the terms of a declared content. */
  readonly covers: readonly Part[];
  /** The headers that it looks at by a name of its own, lower-case: they are in no log. */
  readonly reads: readonly string[];
  readonly prove: (attempt: Attempt, secrets: SecretSet, context: ProofContext) => Proof | Promise<Proof>;
  /** What is signed in a request, for `hookgate verify --explain`; only where the source's own secret signs. */
  readonly describe?: (attempt: Attempt) => readonly Described[];
}

/** One signature of a request with code of its own, the content it should be of, and what computes it. */
export interface Described {
  readonly content: Content;
  readonly received: string;
  readonly by: SignatureScheme;
}

export interface ProofContext {
  readonly nowMs: number;
  readonly keys: KeyPort | undefined;
  readonly windowSeconds: number | undefined;
}

export type Proof = Proved | RejectionReason;

export interface Proved {
  readonly secretIndex: number;
  /** What the signature covers. */
  readonly content: Content;
}

/** The declaration, checked by the compiler where it stands. */
export function provider(declaration: Provider): Provider {
  return declaration;
}

/** The HTTP methods a provider calls with: POST, and what its handshakes use. */
export function methodsOf({ handshakes = [] }: Provider): ReadonlySet<string> {
  return new Set(['POST', ...handshakes.map(({ method }) => method)]);
}

/** Whether its events, or some of them, are form fields. */
export function sendsForms({ id, type }: Provider): boolean {
  return [...id, ...type].flatMap(slotsOf).some(({ slot }) => slot === 'form');
}

/** Whether a set-up request of the provider brings the secret that it will sign with. */
export function offersSecret({ handshakes = [] }: Provider): boolean {
  return handshakes.some(({ offers }) => offers !== undefined);
}
