import type { Clock } from '../../lambdas/core/ports.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import { callName, type Fault, type Site } from './fault.ts';

/** One run of a function: a delivery, a message, a sweep. It dies as a whole. */
export interface Actor {
  readonly name: string;
  /** Its sandbox's, which may be fast or slow. */
  readonly clock: Clock;
  alive: boolean;
  /** What befell its calls, and nobody else's. */
  befell: readonly Befallen[];
}

export interface Befallen {
  readonly site: Site;
  readonly fault: Fault;
}

interface Pending {
  readonly actor: Actor;
  readonly site: Site;
  readonly apply: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The fault for a call, by its site and which call of that site it is, from 1. */
export type FaultFor = (site: Site, count: number) => Fault | undefined;

export interface SchedulerOptions {
  readonly clock: ManualClock;
  readonly random: () => number;
  readonly faultFor: FaultFor;
  /** Told of each call that ran, for traces. */
  readonly trace?: ((line: string) => void) | undefined;
}

/** Longer than any lease (30 s of function and 5 s of margin) and any visibility timeout. */
const STALL_MS = 400_000;
const LATE_MS = 2_000;
const THROTTLED_MS = 1_500;
const SLOW_MS = 5_000;

/** Failures are made by the million and nobody reads one, so they are made once. The trace names the call. */
const FAILURE = new Error('a fault of the schedule');
const ignore = () => undefined;

/**
 * Runs the real code step by step. Every call to the world waits here until it is chosen, so that a seed decides all
 * orders; between two choices the code runs on until it waits again.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #pending: Pending[] = [];
  readonly #calls = new Map<Site, number>();
  readonly faulted: string[] = [];
  /** Nothing goes wrong any more. */
  calm = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#pending.length === 0;
  }

  /** A call to the world: answered when the scheduler says so, and as its fault says. */
  call<T>(actor: Actor, site: Site, apply: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ actor, site, apply, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /** Carries out one waiting call, with its fault if it has one. What waited for it must then be let run on. */
  step(): void {
    const waiting = this.#pending;
    const at = waiting.length === 1 ? 0 : Math.floor(this.#options.random() * waiting.length);
    const pending = waiting[at];
    const last = waiting.pop();
    if (!pending || !last) return;
    if (pending !== last) waiting[at] = last;
    if (pending.actor.alive) this.#carryOut(pending, this.faultAt(pending.actor, pending.site));
  }

  /** Counts a call and tells its fault, for calls that the world carries out itself. */
  faultAt(actor: Actor, site: Site): Fault | undefined {
    const { faultFor, trace, clock } = this.#options;
    const count = (this.#calls.get(site) ?? 0) + 1;
    this.#calls.set(site, count);
    const fault = this.calm ? undefined : faultFor(site, count);
    if (fault) {
      this.faulted.push(`${callName(site, count)}=${fault}`);
      actor.befell = [...actor.befell, { site, fault }];
    }
    if (trace) trace(`${clock.now()} ${actor.name} ${callName(site, count)}${fault ? ` ${fault}` : ''}`);
    return fault;
  }

  #carryOut(pending: Pending, fault: Fault | undefined): void {
    const { apply, resolve, reject, actor } = pending;
    if (fault === undefined) return void apply().then(resolve, reject);
    const { clock } = this.#options;
    const fail = () => reject(FAILURE);
    switch (fault) {
      case 'fail-before':
        return fail();
      case 'throttled':
        clock.alarm(THROTTLED_MS, fail);
        return;
      case 'fail-after':
        return void apply().then(fail, fail);
      case 'late-success':
        // Applied by nobody's doing any more, so the caller's death does not stop it.
        clock.alarm(LATE_MS, () => void apply().catch(ignore));
        return fail();
      case 'crash-before':
        actor.alive = false;
        return;
      case 'crash-after':
        actor.alive = false;
        return void apply().catch(ignore);
      case 'sdk-repeat':
        return void apply().then(() => apply().then(resolve, reject), reject);
      case 'slow':
        clock.alarm(SLOW_MS, () => void apply().then(resolve, reject));
        return;
      case 'stall':
        clock.alarm(STALL_MS, () => {
          if (actor.alive) this.#pending.push(pending);
        });
        return;
    }
  }
}
