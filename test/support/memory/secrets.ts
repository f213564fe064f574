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
    this.begin(source, value, createdAt);
    this.finish(source);
  }

  /** A value that a rotation is about to make current. */
  begin(source: string, value: string, createdAt: number, id = `version-${++this.#made}`): void {
    this.#of(source).set('AWSPENDING', { id, value, createdAt });
  }

  /** Moves the stages as Secrets Manager does when AWSCURRENT moves. */
  finish(source: string): void {
    const stages = this.#of(source);
    const pending = stages.get('AWSPENDING');
    if (!pending) throw new Error(`No rotation of ${source} is open.`);
    const current = stages.get('AWSCURRENT');
    if (current) stages.set('AWSPREVIOUS', current);
    stages.set('AWSCURRENT', pending);
    stages.delete('AWSPENDING');
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
