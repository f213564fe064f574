import type { RotatedSecret } from '../../../lambdas/core/secrets/rotation.ts';
import type { Clock } from '../../../lambdas/core/ports.ts';
import type { MemorySecrets } from './secrets.ts';

/** The rotation's side of a secret store in memory: one source, one version at a time. */
export function rotatedSecret(store: MemorySecrets, source: string, version: string, clock: Clock): RotatedSecret {
  const holders = () => [...(store.stages.get(source) ?? [])];
  return {
    stages: () => {
      const stages = new Map<string, string[]>();
      for (const [stage, { id }] of holders()) stages.set(id, [...(stages.get(id) ?? []), stage]);
      // Secrets Manager begins with the version, and the function gives it a value.
      const pending = store.stages.get(source)?.get('AWSPENDING');
      return Promise.resolve(pending || stages.has(version) ? stages : stages.set(version, ['AWSPENDING']));
    },
    pending: () => {
      const pending = store.stages.get(source)?.get('AWSPENDING');
      return Promise.resolve(pending?.id === version ? pending : undefined);
    },
    putPending: (id, value) => Promise.resolve(store.begin(source, value, clock.now(), id)),
    makeCurrent: (id, before) => {
      const current = store.stages.get(source)?.get('AWSCURRENT');
      if (current?.id !== before) return Promise.reject(new Error('AWSCURRENT has moved since.'));
      if (store.stages.get(source)?.get('AWSPENDING')?.id !== id) return Promise.reject(new Error('Not pending.'));
      return Promise.resolve(store.finish(source));
    },
  };
}
