import type { RejectionReason } from '../verdict.ts';
import type { Slot } from './part.ts';

/** Seconds a delivery may be old or ahead, where the provider names no other bound. Both bounds are inclusive. */
export const DEFAULT_WINDOW_SECONDS = 300;

export interface TimestampRule {
  readonly in: Slot;
  /** `digits`: a number whose unit nobody says; it must be one, but no window is held against it. */
  readonly unit: 's' | 'ms' | 'iso8601' | 'digits';
  /** In a JSON body it must be a number, not a text of digits. */
  readonly number?: true;
  /** Seconds. @default 300 */
  readonly past?: number;
  /** Seconds. @default 300 */
  readonly future?: number;
}

/** Ten digits: with nothing between timestamp and body (Discord, Twitch), a free length would let digits move over. */
const SECONDS = /^[1-9][0-9]{9}$/;
const MILLISECONDS = /^[1-9][0-9]{12}$/;
const DIGITS = /^[0-9]{1,16}$/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/;

/**
 * Milliseconds since the epoch, or nothing unless the text is exactly what the unit says: `1767225600abc`, `1e9` and
 * an empty text are no times, whatever `Number` and `parseInt` make of them.
 */
export function readTime(text: string, unit: TimestampRule['unit']): number | undefined {
  if (text.length > 40) return undefined;
  if (unit === 's') return SECONDS.test(text) ? Number(text) * 1000 : undefined;
  if (unit === 'digits') return DIGITS.test(text) ? Number(text) : undefined;
  if (unit === 'ms') return MILLISECONDS.test(text) ? Number(text) : undefined;
  const zone = ISO.exec(text);
  if (!zone) return undefined;
  // Without a zone it is UTC; JavaScript would take it for local time.
  const time = Date.parse(zone[1] === undefined ? `${text}Z` : text);
  return Number.isNaN(time) ? undefined : time;
}

/** The time a rule reads, in milliseconds since the epoch; nothing where nobody says its unit. */
export function readSignedAt(text: string | undefined, { unit }: TimestampRule): number | undefined {
  return text === undefined || unit === 'digits' ? undefined : readTime(text, unit);
}

/** Why a time is not acceptable now; nothing when it is. */
export function checkTime(
  text: string | undefined,
  rule: TimestampRule,
  nowMs: number,
  windowSeconds: number | undefined,
): RejectionReason | undefined {
  if (text === undefined) return 'missing-timestamp';
  const time = readTime(text, rule.unit);
  if (time === undefined) return text === '' ? 'missing-timestamp' : 'malformed-timestamp';
  if (rule.unit === 'digits') return undefined;
  const age = nowMs - time;
  if (age > (windowSeconds ?? rule.past ?? DEFAULT_WINDOW_SECONDS) * 1000) return 'stale-timestamp';
  if (age < -(windowSeconds ?? rule.future ?? DEFAULT_WINDOW_SECONDS) * 1000) return 'future-timestamp';
  return undefined;
}
