/** What a verifier says of one delivery. Only `verified` carries data of the request: it can't be had unverified. */
export type Verdict =
  | { readonly outcome: 'verified'; readonly event: VerifiedEvent }
  /** A set-up request of the provider that wants a certain answer and is no event. */
  | {
      readonly outcome: 'handshake';
      readonly answer: Answer;
      /** A secret the provider sent in band, offered only while the source has none. Keep it or drop it; never log it. */
      readonly offered?: string;
    }
  /** Not proved to be the provider's: 401, one body for all. The reason is for the operator only. */
  | { readonly outcome: 'rejected'; readonly reason: RejectionReason }
  /** Proved, but not what this provider sends: 400. */
  | { readonly outcome: 'malformed'; readonly reason: MalformedReason };

export interface VerifiedEvent {
  /** The provider's id of the event; absent when it sends none. */
  readonly id?: string | undefined;
  /**
   * What deliveries of one event have in common, from signed material only: the id where the signature covers it,
   * else the SHA-256 (hex) of the signed content, because an unsigned id can be changed by whoever replays a request.
   */
  readonly dedupKey: string;
  readonly type: string;
  /** What the provider's events are ordered by; absent when it has none. */
  readonly orderKey?: string | undefined;
  /** When the provider says it signed, in milliseconds since the epoch; absent where its scheme dates nothing. */
  readonly signedAt?: number | undefined;
  /** Which secret matched, by its position in the list given. */
  readonly secretIndex: number;
  /** `weak`: the scheme does not cover the body, so a holder of one valid request can change it. */
  readonly strength: 'verified' | 'weak';
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const REJECTION_REASONS = [
  'missing-signature',
  'malformed-signature',
  'repeated-header',
  'missing-timestamp',
  'malformed-timestamp',
  'stale-timestamp',
  'future-timestamp',
  'missing-id',
  'malformed-id',
  'no-usable-secret',
  'untrusted-key',
  'body-reencoded',
  'wrong-secret-or-changed-body',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];

export const MALFORMED_REASONS = ['not-json', 'too-deep', 'no-id', 'no-type'] as const;

export type MalformedReason = (typeof MALFORMED_REASONS)[number];
