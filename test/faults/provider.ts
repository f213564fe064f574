import type { Delivery } from '../../lambdas/core/delivery.ts';
import { answerTo } from '../../lambdas/core/receipt.ts';
import { receive } from '../../lambdas/core/receive.ts';
import { deliveriesOf, endpointOf, FORGED, LATE } from './deliveries.ts';
import type { Gateway } from './gateway.ts';
import type { EventName } from './history.ts';
import { Sandboxes } from './sandboxes.ts';

/** A provider gives up after these; all within the window of one signature, so that it need not sign anew. */
const RETRY_WAITS_MS = [5_000, 30_000, 60_000, 60_000];
const PATIENCE_MS = 10_000;
const ACKNOWLEDGEMENT = { status: 202 };
/** Between the first deliveries and the provider's second try of what was signed with the new secret too early. */
const ROTATION_MS = { begins: 1_000, ends: 3_000 } as const;

/** Who delivers the event to the verifier's sandboxes, and who forges one. */
export class Provider {
  readonly #gateway: Gateway;
  readonly #sandboxes: Sandboxes;
  readonly #firstTry: number;

  constructor(gateway: Gateway) {
    const { configuration, scheduler } = gateway;
    this.#gateway = gateway;
    this.#sandboxes = new Sandboxes(scheduler, configuration);
    this.#firstTry = configuration.provider === 'scalekit' ? 0 : Infinity;
  }

  begin(): void {
    const { configuration, random, clock } = this.#gateway;
    for (const delivery of deliveriesOf(configuration)) this.#deliver(delivery, this.#firstTry, 'event');
    // One schedule in eight has a forger; his deliveries can't change the others' orders.
    if (random() < 0.125) this.#deliver(FORGED[configuration.provider], Infinity, 'forged');
    if (!configuration.rotates) return;
    clock.alarm(ROTATION_MS.begins, () => this.#sandboxes.beginRotation(clock.now()));
    clock.alarm(ROTATION_MS.ends, () => this.#sandboxes.finishRotation());
  }

  /** Delivers the event once more, signed anew. */
  deliverLate(): void {
    this.#deliver(LATE[this.#gateway.configuration.provider], Infinity, 'event');
  }

  #deliver(delivery: Delivery, attempt: number, event: EventName): void {
    const { clock, configuration, mutant, history } = this.#gateway;
    const actor = this.#gateway.newActor(event === 'forged' ? 'forger' : 'delivery');
    const endpoint = endpointOf(configuration.provider);
    const sandbox = this.#sandboxes.take(actor, endpoint);
    let answered = false;
    const answer = (status: number) => {
      if (answered) return;
      answered = true;
      callOff();
      history.answers.push({ event, status });
      const wait = status < 300 ? undefined : RETRY_WAITS_MS[attempt];
      if (wait !== undefined) clock.alarm(wait, () => this.#deliver(delivery, attempt + 1, event));
    };
    // What dies gives no answer; the provider takes its own time-out for one.
    const callOff = clock.alarm(PATIENCE_MS, () => answer(504));
    if (mutant?.acknowledgeFirst && event !== 'forged') answer(202);
    const receivedAt = actor.clock.now();
    const received = delivery.receivedAt === receivedAt ? delivery : { ...delivery, receivedAt };
    receive(received, mutant?.endpoint?.(endpoint) ?? endpoint, {
      store: this.#gateway.storeOf(actor),
      queue: this.#gateway.queueOf(actor, 'send'),
      clock: actor.clock,
      secrets: sandbox.secrets,
    }).then(
      (receipt) => {
        this.#sandboxes.giveBack(sandbox);
        answer(answerTo(receipt, ACKNOWLEDGEMENT, 1).status);
      },
      () => {
        this.#sandboxes.giveBack(sandbox);
        answer(503);
      },
    );
  }
}
