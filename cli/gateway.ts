import { resolve } from 'node:path';
import type { Source } from '../lambdas/core/source.ts';
import { providers } from '../lambdas/providers/index.ts';
import { config } from '../lib/config.ts';
import { load } from '../lib/load.ts';
import { gatewayOf } from '../lib/plan.ts';
import { Failure, usage } from './failure.ts';
import { inert } from './inert.ts';
import { suggestion } from './nearest.ts';

/** The sources of a stage, from the configuration of this checkout. */
export async function sourcesOf(stage: string): Promise<readonly Source[]> {
  if (!Object.hasOwn(config.stages, stage)) {
    throw usage(`There is no stage ${inert(stage)}. ${suggestion(stage, Object.keys(config.stages))}`);
  }
  const loaded = await load({
    config,
    stages: [stage],
    providers: [...providers.keys()],
    processorsDirectory: resolve(import.meta.dirname, '..', 'lambdas', 'processors'),
  });
  if ('problems' in loaded) throw new Failure(loaded.problems.join('\n'));
  return loaded.plans.flatMap((plan) => gatewayOf(plan).sources);
}

export function sourceNamed(name: string, sources: readonly Source[]): Source {
  const source = sources.find((candidate) => candidate.name === name);
  if (source) return source;
  const names = sources.map((candidate) => candidate.name);
  throw usage(`There is no source ${inert(name)}. ${suggestion(name, names)}`);
}
