import { Circuit } from '../../lambdas/core/processing/circuit.ts';
import { type ConsumePorts, type Outcome, take } from '../../lambdas/core/processing/consume.ts';
import type { Store } from '../../lambdas/core/ports.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import type { MemoryBreakers } from '../support/memory/breakers.ts';
import type { Configuration } from './configurations.ts';
import { faultyBreakers, FaultyStore } from './faulty.ts';
import type { Fault } from './fault.ts';
import { handlerOf } from './handler.ts';
import type { Mutant } from './mutants.ts';
import type { QueueMessage, Queues } from './queues.ts';
import type { Actor, Scheduler } from './scheduler.ts';

export interface ConsumersWorld {
  readonly configuration: Configuration;
  readonly random: () => number;
  readonly mutant?: Mutant | undefined;
  readonly scheduler: Scheduler;
  readonly clock: ManualClock;
  /** As the code under test meets it. */
  readonly store: Store;
  readonly queues: Queues;
  readonly breakers: MemoryBreakers;
  readonly route: string;
  readonly newActor: (name: string) => Actor;
  readonly isCalm: () => boolean;
  readonly effect: (key: string) => void;
}

const FUNCTION_TIMEOUT_MS = 30_000;
const QUIET_LOG = { info: () => undefined, warn: () => undefined };

/** The processor's sandboxes: each takes one message, and the mapping deletes what it is done with. */
export class Consumers {
  readonly #world: ConsumersWorld;

  constructor(world: ConsumersWorld) {
    this.#world = world;
  }

  /** A mapping polls all the time, so what is visible is received at once. True if there was any. */
  takeVisible(): boolean {
    const { queues } = this.#world;
    let started = false;
    for (let message = queues.visible(); message; message = queues.visible()) {
      this.#receive(message);
      started = true;
    }
    return started;
  }

  /** A receive goes wrong in three ways: nobody got the message, it was hidden and lost its way, or two got it. */
  #receive(message: QueueMessage): void {
    const { newActor, scheduler, clock, queues } = this.#world;
    const actor = newActor('consumer');
    const fault: Fault | undefined = scheduler.faultAt(actor, message.hop === 'dead' ? 'dead-receive' : 'receive');
    switch (fault) {
      case 'fail-before':
      case 'throttled':
      case 'crash-before':
        message.visibleAt = clock.now() + 1_000;
        return;
      case 'slow':
      case 'fail-after':
      case 'crash-after':
        return queues.receive(message);
      case 'late-success':
      case 'sdk-repeat':
      case 'stall':
        queues.receive(message);
        void this.#consume(message, newActor('second-consumer'));
        break;
      case undefined:
        queues.receive(message);
    }
    void this.#consume(message, actor);
  }

  async #consume(message: QueueMessage, actor: Actor): Promise<void> {
    const { scheduler, clock, store, queues, route, configuration, mutant, random, isCalm, effect } = this.#world;
    const hop = message.hop === 'dead' ? 'dead' : 'main';
    let outcome: Outcome | undefined;
    const breakers = faultyBreakers(this.#world.breakers, actor, scheduler, configuration.outage === true);
    const ports: ConsumePorts & { report: (outcome: Outcome) => void } = {
      store: new FaultyStore(store, actor, scheduler, hop),
      clock: actor.clock,
      random: random,
      log: QUIET_LOG,
      circuit: new Circuit({ route, breakers, clock: actor.clock }),
      report: (reported) => {
        outcome = reported;
        if (reported.outcome === 'failed') message.tries++;
      },
    };
    const queued = {
      body: message.body,
      sentAt: message.sentAt,
      hop,
      receives: message.receives,
      owner: actor.name,
      deadline: actor.clock.now() + FUNCTION_TIMEOUT_MS,
    } as const;
    const handler = handlerOf(configuration, {
      now: () => clock.now(),
      calm: isCalm,
      effect: (key) => scheduler.call(actor, 'effect', () => Promise.resolve(effect(key))),
    });
    try {
      const verdict = await take(handler, queued, ports, (seconds) =>
        scheduler.call(actor, 'return-after', () => {
          const mistaken = outcome && mutant?.returnAfter?.(seconds, outcome);
          if (outcome?.outcome === 'deferred' && outcome.why === 'breaker') message.deferrals++;
          message.visibleAt = clock.now() + (mistaken ?? seconds) * 1000;
          return Promise.resolve();
        }),
      );
      if (verdict === 'taken') await scheduler.call(actor, 'delete', () => Promise.resolve(queues.delete(message)));
    } catch {
      // The message comes back when its visibility ends.
    }
  }
}
