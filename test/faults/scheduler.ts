import type { ManualClock } from '../support/manual-clock.ts';
import type { Fault, Site } from './fault.ts';

/** One run of a function: a delivery, a message, a sweep. It dies as a whole. */
export interface Actor {
  readonly name: string;
  alive: boolean;
}

interface Pending {
  readonly actor: Actor;
  readonly site: Site;
  readonly apply: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface SchedulerOptions {
  readonly clock: ManualClock;
  readonly random: () => number;
  /** The fault for a call, by its site and how often that site was called before. */
  readonly faultFor: (site: Site, call: string) => Fault | undefined;
  /** Told of each call that ran, for traces. */
  readonly trace?: (line: string) => void;
}

/** Longer than any lease (30 s of function and 5 s of margin) and any visibility timeout. */
const STALL_MS = 400_000;
const LATE_MS = 2_000;
const THROTTLED_MS = 1_500;
const SLOW_MS = 5_000;

/**
 * Runs the real code step by step. Every call to the world waits here until it is chosen, so that a seed decides all
 * orders; between two choices the code runs on until it waits again.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #pending: Pending[] = [];
  readonly #calls = new Map<Site, number>();
  readonly faulted: string[] = [];

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#pending.length === 0;
  }

  /** A call to the world: answered when the scheduler says so, and as its fault says. */
  call<T>(actor: Actor, site: Site, apply: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ actor, site, apply, resolve: (value) => resolve(value as T), reject });
    });
  }

  /** Carries out one waiting call, with its fault if it has one. */
  async step(): Promise<void> {
    const at = Math.floor(this.#options.random() * this.#pending.length);
    const [pending] = this.#pending.splice(at, 1);
    if (!pending) return;
    if (!pending.actor.alive) return;
    this.#carryOut(pending, this.faultAt(pending.actor, pending.site));
    await settled();
  }

  /** Counts a call and tells its fault, for calls that the world carries out itself. */
  faultAt(actor: Actor, site: Site): Fault | undefined {
    const count = (this.#calls.get(site) ?? 0) + 1;
    this.#calls.set(site, count);
    const call = `${site}#${count}`;
    const fault = this.#options.faultFor(site, call);
    if (fault) this.faulted.push(`${call}=${fault}`);
    this.#options.trace?.(`${this.#options.clock.now()} ${actor.name} ${call}${fault ? ` ${fault}` : ''}`);
    return fault;
  }

  #carryOut(pending: Pending, fault: Fault | undefined): void {
    const { apply, resolve, reject, actor } = pending;
    const { clock } = this.#options;
    const failure = () => reject(new Error(`${pending.site}: ${fault}`));
    switch (fault) {
      case undefined:
        return void apply().then(resolve, reject);
      case 'fail-before':
        return failure();
      case 'throttled':
        clock.alarm(THROTTLED_MS, failure);
        return;
      case 'fail-after':
        return void apply().then(failure, failure);
      case 'late-success':
        // Applied by nobody's doing any more, so the caller's death does not stop it.
        clock.alarm(LATE_MS, () => void apply().catch(() => undefined));
        return failure();
      case 'crash-before':
        actor.alive = false;
        return;
      case 'crash-after':
        actor.alive = false;
        return void apply().catch(() => undefined);
      case 'sdk-repeat':
        return void apply().then(() => apply().then(resolve, reject), reject);
      case 'slow':
        clock.alarm(SLOW_MS, () => void apply().then(resolve, reject));
        return;
      case 'stall':
        clock.alarm(STALL_MS, () => {
          if (actor.alive) this.#pending.push({ ...pending });
        });
        return;
    }
  }
}

/**
 * Lets everything run on that does not wait for the world: Node runs a tick only once no promise has anything left to
 * do, and without the event loop's own costs.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
