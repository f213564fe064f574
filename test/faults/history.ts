import type { Status } from '../../lambdas/core/record.ts';
import type { Fault, Site } from './fault.ts';
import type { Actor } from './scheduler.ts';

/** How the handler under test makes its effect. */
export type EffectKind = 'commit' | 'keyed' | 'plain';

/** What happened, as somebody outside sees it. */
export interface History {
  /** Every answer the provider got. */
  readonly answers: { readonly event: EventName; readonly status: number }[];
  /** Every effect, by the handler's idempotency key; outside a transaction with the execution that made it. */
  readonly effects: { readonly key: string; readonly by?: Pick<Actor, 'name' | 'befell'> }[];
  /** How each epoch ended that a person ended by a replay: the effect of a parked one may never have happened. */
  readonly replayed: { readonly epoch: number; readonly status: Status }[];
  readonly illegal: string[];
  /** Messages that went to the next queue for having waited, not for having been tried. */
  readonly burned: string[];
}

export type EventName = 'event' | 'forged';

/** What can be wrong with a schedule; a problem begins with one of these words. */
export const PROBLEM_KINDS = ['lost', 'double', 'illegal', 'burned', 'stuck', 'forged'] as const;
export type ProblemKind = (typeof PROBLEM_KINDS)[number];

export function isOfKind(kind: ProblemKind, problem: string): boolean {
  return problem.startsWith(`${kind}: `);
}

export interface Verdict {
  readonly problems: readonly string[];
  /** Something was accepted and had its effect: a schedule in which nothing happens breaks no promise either. */
  readonly effective: boolean;
}

/**
 * Faults of one execution that open one of the two named windows for the effect that it makes itself. Its effect happened
 * and it did not hear of it, or `DONE` was not written; or it was frozen beyond its lease at a call up to then.
 */
const OPENING: Partial<Readonly<Record<Site, readonly Fault[]>>> = {
  'breaker-read': ['stall'],
  'breaker-write': ['stall'],
  claim: ['stall'],
  'dead-claim': ['stall'],
  'get-body': ['stall'],
  // The repeat is a second effect of its own: what the handler calls was asked twice.
  effect: ['fail-after', 'late-success', 'crash-after', 'sdk-repeat', 'stall'],
  complete: ['fail-before', 'throttled', 'crash-before', 'stall'],
};

/**
 * Judges a history: what was acknowledged had its effect in each epoch; a committed effect happened exactly once, and so
 * did one made outside the transaction but for one time more for each window that opened; what was refused had none.
 */
export function judge(history: History, kind: EffectKind, stuck: string | undefined): Verdict {
  const { answers, effects, replayed } = history;
  const problems: string[] = [];
  for (const change of history.illegal) problems.push(`illegal: ${change}`);
  for (const message of history.burned) problems.push(`burned: ${message}`);
  if (stuck !== undefined) problems.push(`stuck: ${stuck}`);

  let acknowledged = false;
  for (const { event, status } of answers) {
    if (event === 'forged' && status < 400) problems.push('forged: it was let in');
    else if (event === 'event' && status >= 200 && status < 300) acknowledged = true;
  }
  if (effects.some(({ key }) => key.includes('forged'))) problems.push('forged: it had an effect');

  for (let epoch = 0; epoch <= replayed.length; epoch++) {
    const own = replayed.length === 0 ? effects : effects.filter(({ key }) => key.endsWith(`@${epoch}`));
    if (acknowledged && own.length === 0 && replayed[epoch]?.status !== 'PARKED')
      problems.push(`lost: the event was acknowledged and had no effect in epoch ${epoch}`);
    if (own.length > 1 && own.length > mostEffects(own, kind))
      problems.push(`double: the event had ${own.length} effects in epoch ${epoch}`);
  }
  return { problems, effective: acknowledged && effects.length > 0 };
}

/** Whoever takes a key recognises the second effect under it, and the first under another is one too many. */
function mostEffects(effects: History['effects'], kind: EffectKind): number {
  if (kind === 'commit' || (kind === 'keyed' && effects.some(({ key }) => key !== effects[0]?.key))) return 1;
  const makers = new Map(effects.map(({ by }) => [by?.name, by?.befell ?? []]));
  let windows = 0;
  for (const befell of makers.values()) {
    for (const { site, fault } of befell) if (OPENING[site]?.includes(fault)) windows++;
  }
  return 1 + windows;
}
