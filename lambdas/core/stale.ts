/** What tells which of two states is the newer. */
export interface Version {
  /** The provider's own counter, where it has one: it decides before any time does. */
  readonly sequence?: number | bigint | string | undefined;
  /** A date, an ISO 8601 text with its zone, or milliseconds since the epoch. */
  readonly occurredAt?: Date | string | number | undefined;
}

/**
 * Whether an event is older than what is kept already, for routes whose events come in any order.
 *
 * Two different events of one moment can't be told apart, so of equal times neither is stale: what is written twice does
 * less harm than what is never written. An equal sequence is the same event once more, and stale. What can't be compared is not
 * stale, a first event least of all.
 *
 * Between the look at what is kept and the write another event may come through. Where the write is a `commit`, its
 * `condition` says the same and leaves no gap.
 *
 * @param stored what is kept; undefined when there is nothing yet
 * @example
 * const customer = await crm.get(payload.data.id);
 * if (isStale({ occurredAt: customer?.changedAt }, event)) return;
 */
export function isStale(stored: Version | undefined, event: Version): boolean {
  const [kept, comes] = [sequenceOf(stored?.sequence), sequenceOf(event.sequence)];
  if (kept !== undefined && comes !== undefined) return comes <= kept;
  // A time that is none compares as false.
  return timeOf(event.occurredAt) < timeOf(stored?.occurredAt);
}

function sequenceOf(sequence: Version['sequence']): bigint | undefined {
  if (typeof sequence === 'bigint') return sequence;
  if (typeof sequence === 'number') return Number.isSafeInteger(sequence) ? BigInt(sequence) : undefined;
  return sequence !== undefined && /^-?\d{1,40}$/.test(sequence) ? BigInt(sequence) : undefined;
}

function timeOf(time: Version['occurredAt']): number {
  if (time instanceof Date) return time.getTime();
  if (typeof time === 'number') return time;
  return time !== undefined && /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/.test(time) ? Date.parse(time) : NaN;
}
