import type { Random } from '../ports.ts';
import { type Hop, LONGEST_HIDDEN_SECONDS, mostReceives } from './retry.ts';

/**
 * Whether a route's processor may be called: a breaker that opens when what is behind the processor fails.
 *
 * ```
 * CLOSED → OPEN(openUntil) → HALF_OPEN(one event probes until openUntil) → CLOSED
 *            ↑                    │
 *            └────── twice as long┘
 * ```
 */
export interface Breaker {
  readonly state: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  /** Counts the changes of state, so that each is made once; 0 before the first. */
  readonly revision: number;
  /** End of the open time, or of the probe's time. Milliseconds since the epoch. */
  readonly openUntil: number;
  /** Openings without a success between them. */
  readonly openings: number;
  /** When the failures below began to be counted. */
  readonly windowStart: number;
  readonly failures: number;
  /** Those that came along with a failure: a success alone is not worth a write. */
  readonly successes: number;
  /** Opened by a person, until a person closes it. */
  readonly forced?: true;
  /** Since when its queues are kept from the processor, until a person resumes it. */
  readonly pausedAt?: number;
  /** Who made the last change: an execution, or a person. */
  readonly changedBy?: string;
  /** How the controller last set the route's mappings. */
  readonly mapping?: MappingMode;
}

/** How a route's queues are read: not at all, by a few for a probe, or as configured. */
export type MappingMode = 'disabled' | 'probing' | 'configured';

/** The breaker of a route that never failed: it has no row. */
export const UNTOUCHED: Breaker = {
  state: 'CLOSED',
  revision: 0,
  openUntil: 0,
  openings: 0,
  windowStart: 0,
  failures: 0,
  successes: 0,
};

export const FAILURE_WINDOW_MS = 60_000;
const LEAST_FAILURES = 5;
const LEAST_SHARE = 0.5;
const FIRST_OPEN_MS = 60_000;
const LONGEST_OPEN_MS = 15 * 60_000;
/** A probe that says nothing by then is dead, and the next event probes. Longer than the route's function may run. */
const LEAST_PROBE_MS = 60_000;
/** What nobody knows the end of is looked at again after this. */
const UNKNOWN_END_MS = 60_000;

/** What an event of the route may do now. */
export type Admission =
  | { readonly kind: 'go' }
  | { readonly kind: 'probe' }
  /** `byPerson`: somebody wants it not to run, whatever it costs. */
  | { readonly kind: 'wait'; readonly forMs: number; readonly byPerson: boolean };

export function admission(breaker: Breaker, now: number): Admission {
  if (breaker.pausedAt !== undefined || breaker.forced) return { kind: 'wait', forMs: UNKNOWN_END_MS, byPerson: true };
  if (breaker.state === 'CLOSED') return { kind: 'go' };
  if (now >= breaker.openUntil) return { kind: 'probe' };
  return { kind: 'wait', forMs: breaker.openUntil - now, byPerson: false };
}

/** How long until it may be tried again; 0 when it may be now. */
export function closedForMs(breaker: Breaker, now: number): number {
  const admitted = admission(breaker, now);
  return admitted.kind === 'wait' ? admitted.forMs : 0;
}

/** Whether what was counted is enough to open it. */
export function tripped({ state, failures, successes }: Breaker): boolean {
  return state === 'CLOSED' && failures >= LEAST_FAILURES && failures >= LEAST_SHARE * (failures + successes);
}

export function opened(breaker: Breaker, now: number, by: string): Breaker {
  const openings = breaker.openings + 1;
  const openUntil = now + Math.min(LONGEST_OPEN_MS, FIRST_OPEN_MS * 2 ** (openings - 1));
  return changed(breaker, { state: 'OPEN', openings, openUntil }, by);
}

/**
 * Lets one event through, whose end decides.
 *
 * @param runsMs how long the function may run
 */
export function probing(breaker: Breaker, now: number, by: string, runsMs = 0): Breaker {
  return changed(breaker, { state: 'HALF_OPEN', openUntil: now + Math.max(LEAST_PROBE_MS, 2 * runsMs) }, by);
}

/** The probe ended without a word on what is behind the processor: the next event may probe at once. */
export function unprobed(breaker: Breaker, now: number, by: string): Breaker {
  return changed(breaker, { openUntil: now }, by);
}

export function closed(breaker: Breaker, by: string): Breaker {
  return changed(breaker, { state: 'CLOSED', openings: 0, openUntil: 0 }, by);
}

/** What a person may do to a route. */
export const SWITCHES = ['pause', 'resume', 'open', 'close'] as const;
export type Switch = (typeof SWITCHES)[number];

/** The breaker after a person's word, or the same one when it is so already. */
export function switched(breaker: Breaker, to: Switch, now: number, by: string): Breaker {
  const { pausedAt, forced, ...rest } = breaker;
  const paused = pausedAt !== undefined;
  const pause = paused && { pausedAt };
  const force = forced && { forced };
  switch (to) {
    case 'pause':
      return paused ? breaker : changed({ ...rest, ...force, pausedAt: now }, {}, by);
    case 'resume':
      return paused ? changed({ ...rest, ...force }, {}, by) : breaker;
    case 'open':
      return forced ? breaker : changed({ ...rest, ...pause, forced: true }, { state: 'OPEN', openUntil: now }, by);
    case 'close':
      return breaker.state === 'CLOSED' ? breaker : closed({ ...rest, ...pause }, by);
  }
}

/** Every change begins to count anew. */
function changed(breaker: Breaker, change: Partial<Breaker>, changedBy: string): Breaker {
  return {
    ...breaker,
    windowStart: 0,
    failures: 0,
    successes: 0,
    ...change,
    revision: breaker.revision + 1,
    changedBy,
  };
}

/** How the route's queues are to be read. */
export function mappingMode(breaker: Breaker, now: number): MappingMode {
  switch (admission(breaker, now).kind) {
    case 'go':
      return 'configured';
    case 'probe':
      return 'probing';
    case 'wait':
      return breaker.state === 'HALF_OPEN' && breaker.pausedAt === undefined ? 'probing' : 'disabled';
  }
}

const FIRST_DEFERRAL_SECONDS = 60;
const DEFERRAL_GROWTH = 2.5;

/**
 * Seconds until a message that may not run comes back: not before the breaker may be probed, and 2.5 times as long from
 * one receive to the next, because each receive is one of ten. So it comes back at most once in an open time, and its
 * receives outlast a day; a queue that is read once in 15 minutes would otherwise spend them in two hours. The price:
 * after an outage of hours, the last events wait for hours more.
 */
export function deferralSeconds(forMs: number, hop: Hop, receives: number, random: Random, ordered = false): number {
  const tenths = Math.max(1, (10 * receives) / mostReceives(hop, ordered));
  const wait = Math.max(forMs / 1000, FIRST_DEFERRAL_SECONDS * DEFERRAL_GROWTH ** (tenths - 1));
  return Math.min(LONGEST_HIDDEN_SECONDS, Math.ceil(wait * (1 + random() / 2)));
}
