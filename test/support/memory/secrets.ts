import type { SecretStage, SecretStore, SecretVersion } from '../../../lambdas/core/ports.ts';

interface Version {
  readonly id: string;
  readonly value: string;
  readonly createdAt: number;
}

/** A secret store with the stages of Secrets Manager, an off switch, and a count of its reads. */
export class MemorySecrets implements SecretStore {
  /** By source: which version has which stage. */
  readonly stages = new Map<string, Map<SecretStage, Version>>();
  reads = 0;
  down = false;
  #made = 0;

  /** A new current value; the one it replaces is the previous one. */
  rotate(source: string, value: string, createdAt: number): void {
    this.#makeCurrent(source, { id: this.#newId(), value, createdAt });
  }

  /** A value that a rotation is about to make current. */
  begin(source: string, value: string, createdAt: number, id = this.#newId()): void {
    this.#of(source).set('AWSPENDING', { id, value, createdAt });
  }

  /** Moves the stages as Secrets Manager does when AWSCURRENT moves: AWSPENDING stays where it is. */
  finish(source: string): void {
    const pending = this.#of(source).get('AWSPENDING');
    if (!pending) throw new Error(`No rotation of ${source} is open.`);
    this.#makeCurrent(source, pending);
  }

  #makeCurrent(source: string, version: Version): void {
    const stages = this.#of(source);
    const current = stages.get('AWSCURRENT');
    if (current) stages.set('AWSPREVIOUS', current);
    stages.set('AWSCURRENT', version);
  }

  #newId(): string {
    return `version-${++this.#made}`;
  }

  /** Takes a stage from its version. */
  revoke(source: string, stage: SecretStage = 'AWSPREVIOUS'): void {
    this.#of(source).delete(stage);
  }

  current(source: string): Promise<SecretVersion | undefined> {
    return this.#read(source, 'AWSCURRENT');
  }

  previous(source: string): Promise<SecretVersion | undefined> {
    return this.#read(source, 'AWSPREVIOUS');
  }

  pending(source: string): Promise<SecretVersion | undefined> {
    return this.#read(source, 'AWSPENDING');
  }

  keepFirst(source: string, value: string): Promise<boolean> {
    if (this.#of(source).has('AWSCURRENT')) return Promise.resolve(false);
    this.rotate(source, value, 0);
    return Promise.resolve(true);
  }

  #of(source: string): Map<SecretStage, Version> {
    const stages = this.stages.get(source) ?? new Map<SecretStage, Version>();
    this.stages.set(source, stages);
    return stages;
  }

  #read(source: string, stage: SecretStage): Promise<SecretVersion | undefined> {
    this.reads++;
    if (this.down) return Promise.reject(new Error('Secrets Manager is down'));
    const version = this.stages.get(source)?.get(stage);
    return Promise.resolve(version && { ...version, stage });
  }
}
