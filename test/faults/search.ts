import { EVERY_DAY, MIXED } from './configurations.ts';
import { isOfKind } from './history.ts';
import { type Failure, faultsOfPlan, type LayerResult, singlesLayer } from './layers.ts';
import type { Mutant } from './mutants.ts';

/** Looks for a planted mistake where it must show, and for the problem that it must show as. */
export function search(mutant: Mutant): Promise<LayerResult> {
  const { problem, at, day } = mutant.exposed;
  const wanted = ({ problems, plan }: Failure) =>
    faultsOfPlan(plan) === at && problems.some((found) => isOfKind(problem, found));
  const configurations = [...EVERY_DAY, ...MIXED].filter(
    ({ name }) => day === undefined || name.split('/').includes(day),
  );
  return singlesLayer({ mutant, wanted }, configurations);
}
