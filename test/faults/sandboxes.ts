import type { Endpoint } from '../../lambdas/core/receive.ts';
import type { SecretSet } from '../../lambdas/core/scheme/key.ts';
import { SecretCache } from '../../lambdas/core/secrets/secrets.ts';
import { NOON, SCALEKIT_SECRET, SKRIBBY_SECRET } from '../support/gateway-in-memory.ts';
import { MemorySecrets } from '../support/memory/secrets.ts';
import type { Configuration } from './configurations.ts';
import { keysOf, NEW_SCALEKIT_SECRET } from './deliveries.ts';
import { faultySecrets } from './faulty.ts';
import type { Actor, Scheduler } from './scheduler.ts';

/** A verifier's sandbox: what it keeps from one delivery to the next, which it takes one after the other. */
export interface Sandbox {
  readonly secrets: SecretCache<SecretSet>;
  /** The delivery that it has in hand. */
  actor: Actor;
}

const SECRETS = { scalekit: SCALEKIT_SECRET, skribby: SKRIBBY_SECRET } as const;
const LONG_AGO = NOON - 1_000_000_000;

/** The secret store, and the sandboxes that hold what they read of it. */
export class Sandboxes {
  readonly #secrets = new MemorySecrets();
  readonly #scheduler: Scheduler;
  /** Whether a delivery may find a sandbox that has served one before, and a rotation that is open. */
  readonly #warm: boolean;
  readonly #idle: Sandbox[] = [];

  constructor(scheduler: Scheduler, { provider, rotates }: Configuration) {
    this.#scheduler = scheduler;
    this.#warm = rotates === true;
    this.#secrets.rotate(provider, SECRETS[provider], LONG_AGO);
  }

  /** A new secret is there, and the provider may sign with it already. */
  beginRotation(now: number): void {
    this.#secrets.begin('scalekit', NEW_SCALEKIT_SECRET, now);
  }

  finishRotation(): void {
    this.#secrets.finish('scalekit');
  }

  take(actor: Actor, endpoint: Endpoint): Sandbox {
    const idle = this.#idle.pop();
    if (idle) {
      idle.actor = actor;
      return idle;
    }
    const store = faultySecrets(this.#secrets, () => sandbox.actor, this.#scheduler);
    const sandbox: Sandbox = {
      actor,
      secrets: new SecretCache<SecretSet>({
        store,
        clock: actor.clock,
        overlapSeconds: () => 24 * 60 * 60,
        rotates: () => this.#warm,
        prepare: (_, values) => keysOf(endpoint, values),
      }),
    };
    return sandbox;
  }

  /** For the next delivery; a sandbox that died is not given back. */
  giveBack(sandbox: Sandbox): void {
    if (this.#warm) this.#idle.push(sandbox);
  }
}
