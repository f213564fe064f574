import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws/error.ts';
import type { Secret, Secrets } from './secrets.ts';

/** Runs a function as Secrets Manager does; undefined when it succeeded, else the error's message. */
export type InvokeRotation = (functionArn: string, event: string) => Promise<string | undefined>;

const DAY_MS = 24 * 60 * 60_000;
/** In this order, each when the one before has succeeded. */
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/**
 * Rotations by a function, started by hand or when they are due. A rotation that failed leaves its version pending, and
 * the next start takes it up again.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
 */
export class Rotations {
  readonly #secrets: Secrets;
  readonly #now: () => number;
  readonly #invoke: InvokeRotation;
  readonly #running = new Set<string>();
  readonly #attemptedAt = new Map<string, number>();

  constructor(secrets: Secrets, now: () => number, invoke: InvokeRotation) {
    this.#secrets = secrets;
    this.#now = now;
    this.#invoke = invoke;
  }

  /** Id of the version that the rotation makes; the steps run on. */
  start(secret: Secret, token: string = randomUUID()): string {
    if (!secret.rotation) {
      throw new AwsError('InvalidRequestException', 'No Lambda rotation function ARN is associated with this secret.');
    }
    const open = pendingOf(secret);
    if (open !== undefined && open !== token) {
      this.#run(secret, open);
      const message = "A previous rotation isn't complete. That rotation will be reattempted.";
      throw new AwsError('InvalidRequestException', message);
    }
    if (open === undefined) this.#secrets.beginVersion(secret, token);
    this.#run(secret, token);
    return token;
  }

  /** Starts what is due, once a day where it fails. */
  startDue(): void {
    for (const secret of this.#secrets.all()) {
      const due = nextRotationAt(secret);
      const attempted = this.#attemptedAt.get(secret.arn) ?? 0;
      if (due === undefined || this.#now() < Math.max(due, attempted + DAY_MS)) continue;
      const open = pendingOf(secret);
      this.start(secret, ...(open === undefined ? [] : [open]));
    }
  }

  #run(secret: Secret, version: string): void {
    if (this.#running.has(secret.arn) || !secret.rotation) return;
    this.#running.add(secret.arn);
    this.#attemptedAt.set(secret.arn, this.#now());
    void this.#steps(secret, secret.rotation.functionArn, version).finally(() => this.#running.delete(secret.arn));
  }

  async #steps(secret: Secret, functionArn: string, version: string): Promise<void> {
    for (const Step of STEPS) {
      const event = JSON.stringify({ Step, SecretId: secret.arn, ClientRequestToken: version });
      // Its log has the reason; a rotation that failed stays open.
      if ((await this.#invoke(functionArn, event)) !== undefined) return;
    }
    this.#secrets.rotated(secret);
  }
}

/** The version of an open rotation: one that is pending and not current. */
function pendingOf({ versions }: Secret): string | undefined {
  return versions.find(({ stages }) => stages.includes('AWSPENDING') && !stages.includes('AWSCURRENT'))?.id;
}

/** Milliseconds since the epoch; undefined where nothing rotates by itself. */
export function nextRotationAt({ rotation, createdAt }: Secret): number | undefined {
  return rotation && (rotation.rotatedAt ?? createdAt) + rotation.everyDays * DAY_MS;
}
