import {
  admission,
  type Breaker,
  closed,
  closedForMs,
  FAILURE_WINDOW_MS,
  opened,
  probing,
  tripped,
  unprobed,
  UNTOUCHED,
} from './breaker.ts';
import type { Breakers, Clock } from '../ports.ts';

/** What a message was let through for; a probe carries the breaker that its end changes. */
export type Pass =
  | { readonly kind: 'go' }
  | { readonly kind: 'probe'; readonly held: Breaker }
  | { readonly kind: 'wait'; readonly forMs: number; readonly byPerson: boolean };

/**
 * What an attempt says of what is behind the processor. A payload that the schema refuses says nothing. `fails-along`: one
 * call failed for several events, and another of them counts.
 */
export type Evidence = 'works' | 'fails' | 'fails-along' | 'none';

export interface CircuitOptions {
  /** `<source>/<route>` */
  readonly route: string;
  readonly breakers: Breakers;
  readonly clock: Clock;
  /** How long the route's function may run: a probe has longer. */
  readonly runsMs?: number;
  /** Told when this execution opened or closed the breaker, and of a table that did not answer. */
  readonly report?: (what: 'opened' | 'closed' | 'unknown', breaker: Breaker) => void;
}

/** The breaker is read once in this time, however many messages come. */
const FRESH_MS = 2_000;

/**
 * One container's view of its route's breaker. As long as all goes well it costs a read in two seconds and no write:
 * successes are counted here and written along with the next failure.
 *
 * The breaker protects, it doesn't decide: when its row can't be read or written, messages go on as they were.
 */
export class Circuit {
  /** `<source>/<route>` */
  readonly route: string;
  readonly #options: CircuitOptions;
  #known: Breaker = UNTOUCHED;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  #successes = { since: 0, count: 0 };

  constructor(options: CircuitOptions) {
    this.#options = options;
    this.route = options.route;
  }

  /** @param by the execution that asks: unique, so that a repeated write knows its own first try */
  async admit(by: string): Promise<Pass> {
    await this.#refresh();
    const now = this.#options.clock.now();
    const seen = this.#known;
    const admitted = admission(seen, now);
    if (admitted.kind !== 'probe') return admitted;
    const held = probing(seen, now, by, this.#options.runsMs);
    // The others of this container wait for the probe, without asking the table.
    this.#known = held;
    if (await this.#change(seen, held)) return { kind: 'probe', held };
    if (this.#known === held) this.#known = seen;
    return { kind: 'wait', forMs: closedForMs(held, now), byPerson: false };
  }

  /** Takes an attempt's end into account. Returns for how long the route is closed now, in milliseconds. */
  async learn(pass: Pass, evidence: Evidence, by: string): Promise<number> {
    const now = this.#options.clock.now();
    if (pass.kind === 'probe') await this.#endProbe(pass.held, evidence, now, by);
    else if (pass.kind === 'go' && evidence === 'works') this.#succeeded(now);
    else if (pass.kind === 'go' && evidence === 'fails') await this.#failed(now, by);
    return evidence === 'fails' || evidence === 'fails-along' ? closedForMs(this.#known, now) : 0;
  }

  async #endProbe(held: Breaker, evidence: Evidence, now: number, by: string): Promise<void> {
    const failed = opened(held, now, by);
    const ends = { works: closed(held, by), fails: failed, 'fails-along': failed, none: unprobed(held, now, by) };
    const end = ends[evidence];
    if (!(await this.#change(held, end))) return;
    this.#known = end;
    if (evidence !== 'none') this.#options.report?.(evidence === 'works' ? 'closed' : 'opened', end);
  }

  #succeeded(now: number): void {
    if (now - this.#successes.since >= FAILURE_WINDOW_MS) this.#successes = { since: now, count: 0 };
    this.#successes.count++;
  }

  async #failed(now: number, by: string): Promise<void> {
    const { route, breakers, report } = this.#options;
    const { since, count } = this.#successes;
    const successes = now - since < FAILURE_WINDOW_MS ? count : 0;
    this.#successes = { since: now, count: 0 };
    try {
      this.#known = await breakers.recordFailure(route, { now, successes, windowMs: FAILURE_WINDOW_MS });
      this.#readAt = now;
    } catch {
      report?.('unknown', this.#known);
      return;
    }
    const seen = this.#known;
    if (!tripped(seen)) return;
    const next = opened(seen, now, by);
    if (await this.#change(seen, next)) {
      this.#known = next;
      report?.('opened', next);
    }
  }

  /** False also when nobody knows. */
  async #change(seen: Breaker, next: Breaker): Promise<boolean> {
    try {
      if (await this.#options.breakers.change(this.#options.route, seen, next)) {
        this.#readAt = this.#options.clock.now();
        return true;
      }
    } catch {
      this.#options.report?.('unknown', seen);
    }
    this.#readAt = -Infinity;
    return false;
  }

  #refresh(): Promise<void> {
    if (this.#options.clock.now() - this.#readAt < FRESH_MS) return Promise.resolve();
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const before = this.#known;
    try {
      const breaker = (await this.#options.breakers.read(this.#options.route)) ?? UNTOUCHED;
      // A change of our own may have been made while the answer was on its way.
      if (this.#known === before) this.#known = breaker;
      this.#readAt = this.#options.clock.now();
    } catch {
      this.#options.report?.('unknown', this.#known);
    }
  }
}
