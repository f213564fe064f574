import { mappingMode, UNTOUCHED } from '../../lambdas/core/processing/breaker.ts';
import { control, type Mappings, same, settingsOf } from '../../lambdas/core/processing/control.ts';
import { sweep } from '../../lambdas/core/sweep.ts';
import { enrolUnclaimed, OLD_ENOUGH_MS, OVERLAP_MS } from '../../lambdas/core/watch.ts';
import { NOON } from '../support/gateway-in-memory.ts';
import { MemoryWatch } from '../support/memory/watch.ts';
import { ONCE } from './deliveries.ts';
import { FaultyBreakers, faultyWatch } from './faulty.ts';
import type { Gateway } from './gateway.ts';

const MINUTE_MS = 60_000;

/** The sweeper and the breaker's controller, whose minutes are simulated where they find something to do. */
export class Minders {
  readonly #gateway: Gateway;
  readonly #watch: MemoryWatch;
  #nextSweepAt = NOON;
  #nextTickAt = NOON;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
    this.#watch = new MemoryWatch(gateway.life.store);
  }

  /** Does what is due now, and says when there is something to do again. */
  next(): number {
    return Math.min(this.#nextSweep(), this.#gateway.configuration.outage ? this.#nextControl() : Infinity);
  }

  #nextSweep(): number {
    const { life, mutant, clock } = this.#gateway;
    if (mutant?.noSweeper) return Infinity;
    let next = Infinity;
    for (const { pk, source, outboxAt, receivedAt } of life.store.records.values()) {
      if (outboxAt === undefined) continue;
      if (life.store.outbox.has(pk)) next = Math.min(next, outboxAt);
      else if (receivedAt >= (this.#watch.noted.get(source) ?? 0) - OVERLAP_MS && this.#watch.isUnclaimed(pk))
        next = Math.min(next, receivedAt + OLD_ENOUGH_MS);
    }
    if (next === Infinity) return next;
    next = Math.max(next, this.#nextSweepAt);
    if (next > clock.now()) return next;
    this.#nextSweepAt = clock.now() + MINUTE_MS;
    this.#sweep();
    return this.#nextSweepAt;
  }

  #sweep(): void {
    const { scheduler } = this.#gateway;
    const actor = this.#gateway.newActor('sweeper');
    const store = this.#gateway.storeOf(actor);
    const queue = this.#gateway.queueOf(actor, 'sweep-send');
    enrolUnclaimed(faultyWatch(this.#watch, actor, scheduler), ONCE, actor.clock)
      .finally(() => sweep({ store, queue, clock: actor.clock }))
      .catch(() => undefined);
  }

  #nextControl(): number {
    const { clock, mapping, breakers, route } = this.#gateway;
    const breaker = breakers.rows.get(route.route) ?? UNTOUCHED;
    const now = clock.now();
    const inOrder = (at: number) => same(mapping, settingsOf(mappingMode(breaker, at), route));
    let at = Math.max(now, this.#nextTickAt);
    if (inOrder(at)) at = Math.max(at, breaker.openUntil);
    if (inOrder(at)) return Infinity;
    if (at > now) return at;
    this.#nextTickAt = now + MINUTE_MS;
    this.#control();
    return now + 1;
  }

  #control(): void {
    const { scheduler, breakers: inner, route } = this.#gateway;
    const actor = this.#gateway.newActor('controller');
    const breakers = new FaultyBreakers(inner, actor, scheduler, true);
    const mappings: Mappings = {
      read: () => Promise.resolve(this.#gateway.mapping),
      update: (_, settings) =>
        scheduler.call(actor, 'mapping-update', () => {
          this.#gateway.mapping = settings;
          return Promise.resolve();
        }),
    };
    void control([route], { mappings, breakers, clock: actor.clock, report: () => undefined });
  }
}
