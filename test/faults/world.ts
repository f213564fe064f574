import type { Lane } from './drive.ts';
import { Consumers } from './consumers.ts';
import { MONTH_LATER } from './deliveries.ts';
import { Gateway, type RunOptions } from './gateway.ts';
import { judge, type Verdict } from './history.ts';
import { Minders } from './minders.ts';
import { intrude, replayNowAndThen } from './persons.ts';
import { Provider } from './provider.ts';

export interface RunResult extends Verdict {
  readonly faulted: readonly string[];
}

/** More than any schedule needs: a run that is not quiet by then never will be. */
const MOST_STEPS = 3_000;
const DAY_MS = 24 * 60 * 60_000;
/** A day less than the parked queue keeps a message. */
const PARKED_FOR_MS = 13 * DAY_MS;

/** One schedule under way: it goes on step by step until nothing is left to do, now or later. */
export class World {
  readonly #gateway: Gateway;
  readonly #provider: Provider;
  readonly #consumers: Consumers;
  readonly #minders: Minders;
  #steps = 0;
  #stuck: string | undefined;

  constructor(options: RunOptions) {
    this.#gateway = new Gateway(options);
    this.#provider = new Provider(this.#gateway);
    this.#consumers = new Consumers(this.#gateway);
    this.#minders = new Minders(this.#gateway);
    this.#provider.begin();
    if (options.configuration.replays) replayNowAndThen(this.#gateway);
    if (options.configuration.intruder) intrude(this.#gateway);
  }

  /** Does one thing, whose consequences must then be let run on. False: it has come to its end. */
  readonly advance: Lane = () => {
    const { scheduler, clock, mapping } = this.#gateway;
    if (++this.#steps > MOST_STEPS) {
      this.#stuck = `it never came to rest${scheduler.calm ? ' after the redrive' : ''}`;
      return false;
    }
    if (mapping.enabled && this.#consumers.takeVisible()) return true;
    if (!scheduler.idle) {
      scheduler.step();
      return true;
    }
    const next = this.#nextMoment();
    if (next !== undefined) {
      clock.advance(Math.max(0, next - clock.now()));
      return true;
    }
    return !scheduler.calm && this.#mend();
  };

  result(): RunResult {
    const { history, configuration, scheduler } = this.#gateway;
    return { ...judge(history, configuration.effect, this.#stuck), faulted: scheduler.faulted };
  }

  #nextMoment(): number | undefined {
    const { clock, mapping, queues } = this.#gateway;
    const visible = mapping.enabled ? queues.nextVisible() : undefined;
    const next = Math.min(clock.nextAlarm() ?? Infinity, visible ?? Infinity, this.#minders.next());
    return next === Infinity ? undefined : next;
  }

  /** What is parked waits for a person: here is one, and nothing fails any more. False: nothing waits. */
  #mend(): boolean {
    const { mapping, clock, configuration, queues, life, scheduler } = this.#gateway;
    if (!mapping.enabled) {
      this.#stuck = 'the mapping was left disabled';
      return false;
    }
    scheduler.calm = true;
    this.#steps = 0;
    if (configuration.forgotten) {
      // What TTL should delete by then is still there.
      clock.advance(MONTH_LATER - clock.now());
      clock.alarm(1_000, () => this.#provider.deliverLate());
    } else {
      clock.advance(PARKED_FOR_MS);
      life.store.expire(clock.now());
    }
    return queues.redrive() > 0;
  }
}
