import { randomUUID } from 'node:crypto';
import { readIfThere, writeAtomically } from '../atomic-file.ts';
import { AwsError } from '../aws/error.ts';
import { secretArn } from './arn.ts';

/** One value of a secret. Times are milliseconds since the epoch; the API speaks seconds. */
export interface Version {
  readonly id: string;
  readonly createdAt: number;
  readonly string?: string;
  /** Base64. */
  readonly binary?: string;
  stages: string[];
}

export interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  readonly createdAt: number;
  changedAt: number;
  versions: Version[];
  rotation?: Rotation;
}

/** How a secret is rotated. */
export interface Rotation {
  readonly functionArn: string;
  readonly everyDays: number;
  readonly rotatedAt?: number;
}

export interface SecretValue {
  readonly string?: string;
  readonly binary?: string;
}

/** All secrets, in one file that is replaced at every change. */
export class Secrets {
  readonly #byName = new Map<string, Secret>();
  readonly #path: string | undefined;
  readonly #arnOf: (name: string) => string;
  readonly #now: () => number;

  constructor(options: { path: string | undefined; region: string; account: string; now: () => number }) {
    this.#path = options.path;
    this.#arnOf = (name) => secretArn(options, name);
    this.#now = options.now;
    const text = options.path === undefined ? undefined : readIfThere(options.path);
    for (const secret of text === undefined ? [] : parse(text)) {
      // A file of an earlier version ends its ARNs otherwise.
      this.#byName.set(secret.name, { ...secret, arn: this.#arnOf(secret.name) });
    }
  }

  all(): readonly Secret[] {
    return [...this.#byName.values()];
  }

  find(id: string): Secret | undefined {
    return this.#byName.get(id) ?? this.all().find(({ arn }) => arn === id || arn.slice(0, -7) === id);
  }

  /** By name, by ARN, or by ARN without its six last characters. */
  get(id: unknown): Secret {
    if (typeof id !== 'string' || id === '') throw new AwsError('ValidationException', 'SecretId is required.');
    const secret = this.find(id);
    if (secret) return secret;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  create(
    name: unknown,
    value: SecretValue | undefined,
    options: { description?: string; token?: string } = {},
  ): Secret {
    if (typeof name !== 'string' || !/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) {
      throw new AwsError(
        'ValidationException',
        'Invalid name. Must be a valid name containing alphanumeric characters.',
      );
    }
    if (this.#byName.has(name)) {
      throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
    }
    const now = this.#now();
    const secret: Secret = {
      name,
      arn: this.#arnOf(name),
      ...(options.description !== undefined && { description: options.description }),
      createdAt: now,
      changedAt: now,
      versions: value ? [{ id: options.token ?? randomUUID(), createdAt: now, ...value, stages: ['AWSCURRENT'] }] : [],
    };
    this.#byName.set(name, secret);
    this.#save();
    return secret;
  }

  /** Adds a version. AWSCURRENT moves to it and the version it leaves becomes AWSPREVIOUS. */
  put(id: unknown, value: SecretValue, options: { token?: string; stages?: readonly string[] } = {}): Version {
    const secret = this.get(id);
    const known = secret.versions.find((version) => version.id === options.token);
    if (known && isEmpty(known)) return this.#fill(secret, known, value);
    if (known) {
      if (known.string === value.string && known.binary === value.binary) return known;
      throw new AwsError('ResourceExistsException', 'You tried to create a version with the id of another value.');
    }
    const version: Version = { id: options.token ?? randomUUID(), createdAt: this.#now(), ...value, stages: [] };
    secret.versions.push(version);
    for (const stage of options.stages ?? ['AWSCURRENT']) moveStage(secret, stage, version);
    // A version without a stage can't be asked for and goes away, as there.
    secret.versions = secret.versions.filter(({ stages }) => stages.length > 0);
    secret.changedAt = this.#now();
    this.#save();
    return version;
  }

  /** The empty version that a rotation starts with. */
  beginVersion(secret: Secret, token: string): void {
    const version: Version = { id: token, createdAt: this.#now(), stages: [] };
    secret.versions.push(version);
    moveStage(secret, 'AWSPENDING', version);
    this.#save();
  }

  setRotation(secret: Secret, rotation: Omit<Rotation, 'rotatedAt'>): void {
    secret.rotation = { ...secret.rotation, ...rotation };
    this.#save();
  }

  rotated(secret: Secret): void {
    if (secret.rotation) secret.rotation = { ...secret.rotation, rotatedAt: this.#now() };
    this.#save();
  }

  #fill(secret: Secret, empty: Version, value: SecretValue): Version {
    const version = { ...empty, ...value };
    secret.versions = secret.versions.map((other) => (other === empty ? version : other));
    secret.changedAt = this.#now();
    this.#save();
    return version;
  }

  /** Moves one stage from a version to another: how a rotation finishes, and how one is taken back. */
  moveStage(id: unknown, stage: unknown, options: { from?: unknown; to?: unknown }): Secret {
    const secret = this.get(id);
    if (typeof stage !== 'string') throw new AwsError('ValidationException', 'VersionStage is required.');
    const holder = secret.versions.find(({ stages }) => stages.includes(stage));
    if (holder && holder.id !== options.from) {
      const message = `The parameter RemoveFromVersionId can't be empty or other than the version with ${stage}.`;
      throw new AwsError('InvalidParameterException', message);
    }
    if (options.to === undefined) {
      if (stage === 'AWSCURRENT') throw new AwsError('InvalidParameterException', "You can't remove AWSCURRENT.");
      if (holder) holder.stages = holder.stages.filter((name) => name !== stage);
    } else {
      const target = secret.versions.find((version) => version.id === options.to);
      if (!target) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified version.");
      moveStage(secret, stage, target);
    }
    secret.changedAt = this.#now();
    this.#save();
    return secret;
  }

  #save(): void {
    if (this.#path !== undefined) writeAtomically(this.#path, JSON.stringify(this.all(), undefined, 1));
  }
}

function parse(text: string): Secret[] {
  const secrets = JSON.parse(text) as unknown;
  if (!Array.isArray(secrets) || !secrets.every(isSecret)) throw new Error('it is no list of secrets');
  return secrets;
}

function isSecret(value: unknown): value is Secret {
  if (typeof value !== 'object' || value === null) return false;
  const { name, arn, versions } = value as Partial<Record<keyof Secret, unknown>>;
  return typeof name === 'string' && typeof arn === 'string' && Array.isArray(versions);
}

/** A rotation has begun it and not given it a value. */
export function isEmpty({ string, binary }: Version): boolean {
  return string === undefined && binary === undefined;
}

function moveStage(secret: Secret, stage: string, target: Version): void {
  const holder = secret.versions.find(({ stages }) => stages.includes(stage));
  if (holder === target) return;
  if (holder) holder.stages = holder.stages.filter((name) => name !== stage);
  if (!target.stages.includes(stage)) target.stages = [...target.stages, stage];
  if (stage !== 'AWSCURRENT') return;
  // AWSPENDING may stay on it: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
  target.stages = target.stages.filter((name) => name !== 'AWSPREVIOUS');
  if (holder) moveStage(secret, 'AWSPREVIOUS', holder);
}
