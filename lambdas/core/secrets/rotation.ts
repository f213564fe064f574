import type { Clock } from '../ports.ts';
import { LOOK_EVERY_MS } from './secrets.ts';

/**
 * What Secrets Manager calls a rotation function with, once for each step.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export interface RotationEvent {
  readonly Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  /** ARN of the secret. */
  readonly SecretId: string;
  /** Id of the version that the rotation makes. */
  readonly ClientRequestToken: string;
}

/** The secret that is rotated. */
export interface RotatedSecret {
  /** Ids of the versions by their stages. */
  stages(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** The value of the version while it is pending; undefined while it has none. */
  pending(version: string): Promise<PendingValue | undefined>;
  /** Gives the version its value. */
  putPending(version: string, value: string): Promise<void>;
  /** Moves AWSCURRENT, on condition that it is where it was seen. */
  makeCurrent(version: string, before: string | undefined): Promise<void>;
}

export interface PendingValue {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface RotationPorts {
  readonly secret: RotatedSecret;
  readonly clock: Clock;
  /** A new secret as the provider writes it. */
  readonly issue: () => string;
  /** Makes the value the one that the provider signs with. Doing it twice is harmless. */
  readonly register: (value: string) => Promise<void>;
  /** Whether the verifier takes a delivery signed with the value: `passed`, else why not. */
  readonly check: (value: string, version: string) => Promise<string>;
  readonly overlapSeconds: number;
}

/**
 * By then a container that has just looked for a new secret may look again: whatever the new key signs is verified, or
 * looked up and verified, wherever it arrives.
 */
export const SETTLE_MS = LOOK_EVERY_MS + 5_000;

/**
 * One step. Each may be repeated: a rotation that failed is tried again from its first step with the same version.
 *
 * @throws with a sentence for the operator; Secrets Manager takes it for a failed rotation, and nothing is lost by one
 */
export async function rotate(
  { Step, ClientRequestToken: version }: RotationEvent,
  ports: RotationPorts,
): Promise<void> {
  const { secret } = ports;
  const stages = await secret.stages();
  const own = stages.get(version);
  if (!own) throw new Error('The secret has no version of this rotation: it was cancelled.');
  if (own.includes('AWSCURRENT')) return;
  if (!own.includes('AWSPENDING')) throw new Error('The version of this rotation is not pending: it was cancelled.');

  switch (Step) {
    case 'createSecret':
      if (!(await secret.pending(version))) await secret.putPending(version, ports.issue());
      return;
    case 'setSecret':
      return register(await valueOf(secret, version), ports);
    case 'testSecret': {
      const { value } = await valueOf(secret, version);
      const outcome = await ports.check(value, version);
      if (outcome !== 'passed') throw new Error(`The verifier does not take the pending secret: ${outcome}.`);
      return;
    }
    case 'finishSecret': {
      const [before] = [...stages].find(([, labels]) => labels.includes('AWSCURRENT')) ?? [];
      return secret.makeCurrent(version, before);
    }
  }
}

async function register({ value, createdAt }: PendingValue, { clock, overlapSeconds, ...ports }: RotationPorts) {
  // The overlap counts from a version's birth. One that waited for long would be current with none of it left, and what
  // the provider signed with the old secret a moment before would be refused.
  const ageMs = clock.now() - createdAt;
  if (ageMs > (overlapSeconds * 1000) / 2) {
    throw new Error('The pending secret is older than half the overlap: remove AWSPENDING from it and rotate anew.');
  }
  await new Promise<void>((ring) => clock.alarm(SETTLE_MS, ring));
  await ports.register(value);
}

async function valueOf(secret: RotatedSecret, version: string): Promise<PendingValue> {
  const pending = await secret.pending(version);
  if (!pending) throw new Error('The pending version has no value: createSecret has not been run.');
  return pending;
}
