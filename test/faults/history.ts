import type { EventRecord, Status } from '../../lambdas/core/record.ts';
import { MemoryStore } from '../support/memory/store.ts';

/** How the handler under test makes its effect. */
export type EffectKind = 'commit' | 'keyed' | 'plain';

/** What happened, as somebody outside sees it. */
export interface History {
  /** Every answer the provider got. */
  readonly answers: { readonly event: string; readonly status: number; readonly forged: boolean }[];
  /** Every effect, by the handler's idempotency key. */
  readonly effects: { readonly event: string; readonly key: string }[];
  /** How each epoch ended that a person ended by a replay: the effect of a parked one may never have happened. */
  readonly replayed: { readonly pk: string; readonly epoch: number; readonly status: Status }[];
  readonly illegal: string[];
  /** Messages that went to the next queue for having waited, not for having been tried. */
  readonly burned: string[];
}

const LEGAL: Readonly<Record<Status, readonly Status[]>> = {
  RECEIVED: ['PROCESSING'],
  PROCESSING: ['PROCESSING', 'DONE', 'FAILED', 'PARKED'],
  FAILED: ['PROCESSING'],
  PARKED: ['PROCESSING'],
  DONE: [],
  FILTERED: [],
};

/** A store that notes every change of status which the record's life does not have. */
export function watchedStore(history: History): MemoryStore {
  const store = new MemoryStore();
  const set = store.records.set.bind(store.records);
  store.records.set = (pk: string, after: EventRecord) => {
    const before = store.records.get(pk);
    if (before && after.epoch !== before.epoch) {
      if (isReplay(before, after)) history.replayed.push({ pk, epoch: before.epoch, status: before.status });
      else history.illegal.push(`${pk}: ${before.status}@${before.epoch} → ${after.status}@${after.epoch}`);
    } else if (before && before.status !== after.status && !isLegal(before.status, after.status)) {
      history.illegal.push(`${pk}: ${before.status} → ${after.status}`);
    }
    return set(pk, after);
  };
  return store;
}

function isLegal(before: Status, after: Status): boolean {
  return LEGAL[before].includes(after);
}

function isReplay(before: EventRecord, after: EventRecord): boolean {
  const ended = before.status === 'DONE' || before.status === 'PARKED';
  return ended && after.status === 'RECEIVED' && after.epoch === before.epoch + 1;
}

export interface Verdict {
  readonly lost: number;
  readonly double: number;
  readonly problems: readonly string[];
  /** Something was accepted and had its effect: a schedule in which nothing happens breaks no promise either. */
  readonly effective: boolean;
}

/**
 * Judges a history: what was acknowledged had its effect in each epoch; a committed or keyed effect happened exactly
 * once, a plain one twice only where the schedule opened one of the two named windows; what was refused had none.
 */
export function judge(history: History, kind: EffectKind, windowOpened: boolean, stuck: string | undefined): Verdict {
  const problems = history.illegal.map((change) => `illegal: ${change}`);
  problems.push(...history.burned.map((message) => `burned: ${message}`));
  if (stuck !== undefined) problems.push(`stuck: ${stuck}`);
  let lost = 0;
  let double = 0;
  let effective = false;
  for (const event of new Set(history.answers.map((answer) => answer.event))) {
    const own = history.answers.filter((answer) => answer.event === event);
    const acknowledged = own.some(({ status, forged }) => !forged && status >= 200 && status < 300);
    const effects = history.effects.filter((effect) => effect.event === event);
    effective ||= acknowledged && effects.length > 0;
    const replayed = event === 'event' ? history.replayed : [];
    for (let epoch = 0; epoch <= Math.max(-1, ...replayed.map((ended) => ended.epoch)) + 1; epoch++) {
      const keys = effects.map(({ key }) => key).filter((key) => key.endsWith(`@${epoch}`));
      // A keyed effect is made by whoever takes the key, and that one makes it once for each key.
      const count = kind === 'keyed' ? new Set(keys).size : keys.length;
      const givenUp = replayed.some((ended) => ended.epoch === epoch && ended.status === 'PARKED');
      if (acknowledged && count === 0 && !givenUp) {
        lost++;
        problems.push(`lost: ${event} was acknowledged and had no effect in epoch ${epoch}`);
      }
      if (count > 1 && !(kind === 'plain' && windowOpened)) {
        double++;
        problems.push(`double: ${event} had ${count} effects in epoch ${epoch}`);
      }
    }
    if (own.some(({ forged, status }) => forged && status < 400)) problems.push(`forged: ${event} was let in`);
    if (own.every(({ forged }) => forged) && effects.length > 0) problems.push(`forged: ${event} had an effect`);
  }
  return { lost, double, problems, effective };
}
