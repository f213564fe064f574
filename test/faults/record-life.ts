import type { Claim } from '../../lambdas/core/ports.ts';
import type { EventRecord, Status } from '../../lambdas/core/record.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import { MemoryStore } from '../support/memory/store.ts';
import type { History } from './history.ts';

const LEGAL: Readonly<Record<Status, readonly Status[]>> = {
  RECEIVED: ['RECEIVED', 'PROCESSING'],
  PROCESSING: ['PROCESSING', 'DONE', 'FAILED', 'PARKED'],
  FAILED: ['PROCESSING'],
  PARKED: ['PROCESSING'],
  DONE: [],
  FILTERED: [],
};

const THIRTY_DAYS_SECONDS = 30 * 24 * 60 * 60;

/** What a record that waits for its first attempt must not have, of a life before. */
const OF_ATTEMPTS = [
  'owner',
  'leaseUntil',
  'nextAt',
  'doneAt',
  'processingMs',
  'movedAt',
  'movedAttempt',
  'lastError',
] as const;

/**
 * Watches every row that is written and notes what a record's life does not have. It knows what was asked of the table,
 * so a table that is mistaken is found as well.
 */
export class RecordLife {
  readonly store = new MemoryStore();
  readonly #history: History;
  readonly #clock: ManualClock;
  #claim: Claim | undefined;

  constructor(history: History, clock: ManualClock) {
    this.#history = history;
    this.#clock = clock;
    const { records } = this.store;
    const set = records.set.bind(records);
    records.set = (pk: string, after: EventRecord) => {
      const before = records.get(pk);
      if (before) this.#changed(before, after);
      return set(pk, after);
    };
  }

  /** Carries out a claim, which takes effect at once, and knows of the rows written meanwhile who asked for them. */
  during<T>(claim: Claim, apply: () => T): T {
    this.#claim = claim;
    const result = apply();
    this.#claim = undefined;
    return result;
  }

  #changed(before: EventRecord, after: EventRecord): void {
    if (before.expiresAt * 1000 <= this.#clock.now()) {
      const anew = after.status === 'RECEIVED' && after.epoch === 0 && keptOf(after) === undefined;
      if (!anew) this.#illegal(before, after, 'after its time was over');
      return;
    }
    if (after.status === 'RECEIVED' && keptOf(after) !== undefined)
      this.#illegal(before, after, `with ${keptOf(after)}`);
    if (after.epoch !== before.epoch) {
      this.#replayed(before, after);
    } else if (!LEGAL[before.status].includes(after.status)) {
      this.#illegal(before, after);
    } else if (after.status === 'PROCESSING') {
      const mistake = this.#claim ? mistakeOf(this.#claim, before, after) : 'without a claim';
      if (mistake !== undefined) this.#illegal(before, after, mistake);
    }
  }

  #replayed(before: EventRecord, after: EventRecord): void {
    const ended = before.status === 'DONE' || before.status === 'PARKED';
    if (!ended || after.status !== 'RECEIVED' || after.epoch !== before.epoch + 1) {
      this.#illegal(before, after);
      return;
    }
    this.#history.replayed.push({ epoch: before.epoch, status: before.status });
  }

  #illegal(before: EventRecord, after: EventRecord, why?: string): void {
    const [from, to] = [before, after].map(({ status, epoch }) =>
      before.epoch === after.epoch ? status : `${status}@${epoch}`,
    );
    this.#history.illegal.push(`${before.pk}: ${from} → ${to}${why === undefined ? '' : `, ${why}`}`);
  }
}

function keptOf(after: EventRecord): string | undefined {
  if (after.attempt > 0) return 'attempts';
  return OF_ATTEMPTS.find((field) => after[field] !== undefined);
}

/** What is wrong with a claim that the table let through. */
function mistakeOf(claim: Claim, before: EventRecord, after: EventRecord): string | undefined {
  if (claim.epoch !== before.epoch) return 'by a message of another epoch';
  if (claim.bodySha256 !== before.bodySha256) return 'by a message of another payload';
  switch (before.status) {
    case 'PROCESSING':
      if (before.owner !== claim.owner && (before.leaseUntil ?? 0) > claim.now) return 'while another holds it';
      break;
    case 'PARKED':
      if (claim.sentAt <= (before.movedAt ?? Infinity)) return 'by a message from before it was parked';
      break;
    case 'FAILED':
      if (claim.hop === 'main' && claim.sentAt <= (before.movedAt ?? -Infinity))
        return 'by a message from before it was moved on';
      break;
    case 'RECEIVED':
    case 'DONE':
    case 'FILTERED':
      break;
  }
  if (after.expiresAt < Math.floor(claim.now / 1000) + THIRTY_DAYS_SECONDS) return 'and its time was not moved on';
  return undefined;
}
