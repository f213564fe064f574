import type { Outcome } from './consume.ts';
import type { Message } from '../message.ts';
import { ranAlone } from './place.ts';
import type { Claim } from '../ports.ts';
import { type EventRecord, isExpired, isKnownVersion } from '../record.ts';
import { DEAD_LETTER_WAIT_SECONDS } from './retry.ts';

/** Why the table refused the claim, and what follows for the message. */
export function notClaimed(message: Message, existing: EventRecord | undefined, claim: Claim): Outcome {
  const { pk } = message;
  const { now } = claim;
  if (!existing || isExpired(existing, now)) return { outcome: 'quarantined', delaySeconds: 0, reason: 'no-record' };
  if (!isKnownVersion(existing.v))
    return { outcome: 'deferred', why: 'newer-version', delaySeconds: DEAD_LETTER_WAIT_SECONDS, pk };
  if (`${existing.source}/${existing.route}` !== claim.route)
    return { outcome: 'quarantined', delaySeconds: 0, reason: 'other-route' };
  if (existing.epoch > message.epoch) return { outcome: 'skipped', why: 'replayed-since', pk };
  if (existing.epoch < message.epoch) return { outcome: 'quarantined', delaySeconds: 0, reason: 'unknown-epoch' };
  if (existing.bodySha256 !== message.bodySha256)
    return { outcome: 'quarantined', delaySeconds: 0, reason: 'other-body' };
  switch (existing.status) {
    case 'DONE':
      return { outcome: 'skipped', why: 'already-done', pk };
    case 'FILTERED':
      return { outcome: 'quarantined', delaySeconds: 0, reason: 'never-queued' };
    case 'FAILED':
    case 'PARKED':
      return { outcome: 'moving', delaySeconds: 0, pk };
    case 'RECEIVED':
    case 'PROCESSING': {
      if (claim.unlessAbandoned && isAbandoned(existing, claim.owner, now)) {
        return { outcome: 'apart', verdict: ranAlone(existing.owner) ? 'last' : 'alone', pk };
      }
      const waitMs = Math.max(0, (existing.leaseUntil ?? now) - now);
      return { outcome: 'deferred', why: 'held', delaySeconds: Math.ceil(waitMs / 1000) + 1, pk };
    }
  }
}

/** Whether the execution that held it died. */
export function isAbandoned({ status, leaseUntil = 0, owner }: EventRecord, by: string, now: number): boolean {
  return status === 'PROCESSING' && leaseUntil <= now && owner !== by;
}
