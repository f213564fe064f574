import { createHash } from 'node:crypto';
import type { MalformedReason, VerifiedEvent } from '../verdict.ts';
import { type Attempt, contentHash, firstText } from './attempt.ts';
import type { Part } from './part.ts';
import type { Dedupe, Proved } from './provider.ts';

/** Where a provider's fields stand, worked out once per source. */
export interface Fields {
  readonly id: readonly Part[];
  readonly signedIds: readonly Part[];
  readonly type: readonly Part[];
  readonly orderKey: readonly Part[];
  readonly dedupe: Dedupe;
  readonly strength: VerifiedEvent['strength'];
}

/** What goes into a table key as it stands; any other id goes in as its hash. */
const PLAIN_KEY = /^[\x21-\x7e]{1,256}$/;

/** Longer types are no names anybody gave to an event. */
const MAX_TYPE = 256;

/**
 * The data of a verified delivery. The dedup key and the order key are worked out when they are first read: a check
 * alone needs neither, and each can cost another pass over the body.
 */
class VerifiedDelivery implements VerifiedEvent {
  readonly id: string | undefined;
  readonly type: string;
  readonly secretIndex: number;
  readonly strength: VerifiedEvent['strength'];
  private readonly attempt: Attempt;
  private readonly fields: Fields;
  private readonly proved: Proved;
  private key: string | undefined;

  constructor(type: string, id: string | undefined, attempt: Attempt, fields: Fields, proved: Proved) {
    this.id = id;
    this.type = type;
    this.secretIndex = proved.secretIndex;
    this.strength = fields.strength;
    this.attempt = attempt;
    this.fields = fields;
    this.proved = proved;
  }

  get dedupKey(): string {
    return (this.key ??= this.computeDedupKey());
  }

  get signedAt(): number | undefined {
    return this.attempt.signedAt;
  }

  get orderKey(): string | undefined {
    return firstText(this.fields.orderKey, this.attempt);
  }

  private computeDedupKey(): string {
    switch (this.fields.dedupe) {
      case 'id': {
        const signed = firstText(this.fields.signedIds, this.attempt);
        // An id outside the signature counts only where the source's own configuration says so.
        const id = signed ?? (this.fields.signedIds.length === 0 ? this.id : undefined);
        if (id === undefined) return contentHash(this.proved.content);
        return PLAIN_KEY.test(id) ? id : createHash('sha256').update(id).digest('hex');
      }
      case 'body':
        return createHash('sha256').update(this.attempt.delivery.body).digest('hex');
      case 'content':
        return contentHash(this.proved.content);
    }
  }
}

/** The event of a proved delivery, or what it lacks. */
export function readEvent(attempt: Attempt, fields: Fields, proved: Proved): VerifiedEvent | MalformedReason {
  const type = firstText(fields.type, attempt);
  if (type === undefined || type.length > MAX_TYPE) return bodyProblem(fields.type, attempt) ?? 'no-type';
  const id = firstText(fields.id, attempt);
  if (fields.dedupe === 'id' && (id ?? firstText(fields.signedIds, attempt)) === undefined) {
    return bodyProblem(fields.id, attempt) ?? 'no-id';
  }
  return new VerifiedDelivery(type, id, attempt, fields, proved);
}

/** Why a field of the body could not be read, if that is where it would stand. */
function bodyProblem(parts: readonly Part[], attempt: Attempt): MalformedReason | undefined {
  if (!parts.some((part) => typeof part === 'object' && part.slot === 'json')) return undefined;
  const parsed = attempt.json();
  return 'problem' in parsed ? parsed.problem : undefined;
}
