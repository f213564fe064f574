import { Circuit } from '../../lambdas/core/processing/circuit.ts';
import { type ConsumePorts, type Outcome, type QueuedMessage, take } from '../../lambdas/core/processing/consume.ts';
import { FaultyBreakers } from './faulty.ts';
import type { Gateway } from './gateway.ts';
import { handlerOf } from './handler.ts';
import type { QueueMessage } from './queues.ts';
import type { Actor } from './scheduler.ts';

const FUNCTION_TIMEOUT_MS = 30_000;
const QUIET_LOG = { info: () => undefined, warn: () => undefined };

/** The processor's sandboxes: each takes one message, and the mapping deletes what it is done with. */
export class Consumers {
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** A mapping polls all the time, so what is visible is received at once. True if there was any. */
  takeVisible(): boolean {
    const { queues } = this.#gateway;
    let started = false;
    for (let message = queues.visible(); message; message = queues.visible()) {
      this.#receive(message);
      started = true;
    }
    return started;
  }

  /** A receive goes wrong in three ways: nobody got the message, it was hidden and lost its way, or two got it. */
  #receive(message: QueueMessage): void {
    const { scheduler, clock, queues } = this.#gateway;
    const actor = this.#gateway.newActor('consumer');
    switch (scheduler.faultAt(actor, message.hop === 'dead' ? 'dead-receive' : 'receive')) {
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
        void this.#consume(message, this.#gateway.newActor('second-consumer'));
        break;
      case undefined:
        queues.receive(message);
    }
    void this.#consume(message, actor);
  }

  async #consume(message: QueueMessage, actor: Actor): Promise<void> {
    const { scheduler, clock, queues, configuration, mutant, random, history } = this.#gateway;
    const hop = message.hop === 'dead' ? 'dead' : 'main';
    let outcome: Outcome | undefined;
    const breakers = new FaultyBreakers(this.#gateway.breakers, actor, scheduler, configuration.outage === true);
    const ports: ConsumePorts & { report: (outcome: Outcome) => void } = {
      store: this.#gateway.storeOf(actor, hop),
      clock: actor.clock,
      random,
      log: QUIET_LOG,
      circuit: new Circuit({ route: this.#gateway.route.route, breakers, clock: actor.clock }),
      report: (reported) => {
        outcome = reported;
        if (reported.outcome === 'failed') message.tries++;
      },
    };
    const queued: QueuedMessage = {
      body: message.body,
      sentAt: message.sentAt,
      hop,
      receives: message.receives,
      owner: actor.name,
      deadline: actor.clock.now() + FUNCTION_TIMEOUT_MS,
    };
    const handler = handlerOf(this.#gateway, (key) =>
      scheduler.call(actor, 'effect', () => {
        history.effects.push({ key, by: actor });
        return Promise.resolve();
      }),
    );
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
