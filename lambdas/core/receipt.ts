import type { MatchedSecret } from './secrets/secrets.ts';
import { type Answer, MALFORMED_REASONS, REJECTION_REASONS } from './verdict.ts';

/** The outcome of one delivery, in the words of the logs and metrics. */
export type Receipt =
  | { readonly receipt: 'accepted'; readonly event: ReceivedEvent; readonly via: 'queue' | 'outbox' }
  | { readonly receipt: 'duplicate'; readonly event: ReceivedEvent; readonly sameBody: boolean }
  | { readonly receipt: 'filtered'; readonly event: ReceivedEvent }
  | { readonly receipt: 'handshake'; readonly answer: Answer }
  | { readonly receipt: 'rejected'; readonly reason: ReceiptReason }
  | { readonly receipt: 'unavailable'; readonly reason: UnavailableReason };

export interface ReceivedEvent {
  readonly key: string;
  readonly id?: string;
  readonly type: string;
  readonly route?: string;
  /** When the provider says it signed, in milliseconds since the epoch. */
  readonly signedAt?: number;
  /** Which secret matched. */
  readonly secret: MatchedSecret;
  /** It came from an address that the provider's published list doesn't have. */
  readonly unlisted?: true;
}

/** Why a delivery is refused: the values of the dimension Reason. */
export const RECEIPT_REASONS = [
  ...REJECTION_REASONS,
  ...MALFORMED_REASONS,
  'unknown-source',
  'address-not-allowed',
  'wrong-method',
  'too-large',
  'content-encoded',
  'throttled',
] as const;

export type ReceiptReason = (typeof RECEIPT_REASONS)[number];

export type UnavailableReason = 'secret-store' | 'no-usable-secret' | 'not-recorded' | 'internal';

/** How long a provider is asked to wait before it tries again. */
export const RETRY_AFTER_SECONDS = 30;

const MALFORMED: ReadonlySet<string> = new Set<string>(MALFORMED_REASONS);

/**
 * What the sender is told. Little on purpose: every reason of a 401 has the same body, so that nobody can feel their
 * way to a valid signature; a fault of ours is a 503 and never a 4xx, because many providers don't retry those.
 *
 * @param acknowledgement what this provider counts as delivered
 */
export function answerTo(receipt: Receipt, acknowledgement: Answer, maxBodyBytes: number): Answer {
  switch (receipt.receipt) {
    case 'accepted':
    case 'filtered':
      return acknowledgement;
    case 'duplicate':
      return { ...acknowledgement, status: 200 };
    case 'handshake':
      return receipt.answer;
    case 'unavailable':
      return problem(503, 'unavailable', { 'retry-after': String(RETRY_AFTER_SECONDS) });
    case 'rejected':
      return rejection(receipt.reason, maxBodyBytes);
  }
}

function rejection(reason: ReceiptReason, maxBodyBytes: number): Answer {
  if (reason === 'unknown-source') return problem(404, 'not-found');
  if (reason === 'address-not-allowed') return problem(403, 'forbidden');
  if (reason === 'wrong-method') return problem(405, 'method-not-allowed', { allow: 'POST' });
  if (reason === 'content-encoded') return problem(415, 'unsupported-content-encoding');
  if (reason === 'too-large') return problem(413, `too-large: at most ${maxBodyBytes} bytes`);
  if (reason === 'throttled') return problem(429, 'throttled', { 'retry-after': String(RETRY_AFTER_SECONDS) });
  if (MALFORMED.has(reason)) return problem(400, reason);
  return problem(401, 'unauthorized');
}

function problem(status: number, error: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ error }) };
}
