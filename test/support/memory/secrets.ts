import type { SecretStore, SecretVersion } from '../../../lambdas/core/ports.ts';

/** A secret store with rotation, an off switch, and a count of its reads. */
export class MemorySecrets implements SecretStore {
  readonly versions = new Map<string, SecretVersion[]>();
  reads = 0;
  down = false;

  rotate(source: string, value: string, createdAt: number): void {
    const [before] = this.versions.get(source) ?? [];
    const current: SecretVersion = { value, stage: 'AWSCURRENT', createdAt };
    this.versions.set(source, before ? [current, { ...before, stage: 'AWSPREVIOUS' }] : [current]);
  }

  async current(source: string): Promise<SecretVersion | undefined> {
    return (await this.#read(source))[0];
  }

  async previous(source: string): Promise<SecretVersion | undefined> {
    return (await this.#read(source))[1];
  }

  keepFirst(source: string, value: string): Promise<boolean> {
    if (this.versions.has(source)) return Promise.resolve(false);
    this.versions.set(source, [{ value, stage: 'AWSCURRENT', createdAt: 0 }]);
    return Promise.resolve(true);
  }

  #read(source: string): Promise<readonly SecretVersion[]> {
    this.reads++;
    if (this.down) return Promise.reject(new Error('Secrets Manager is down'));
    return Promise.resolve(this.versions.get(source) ?? []);
  }
}
