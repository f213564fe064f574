import { Refusal } from '../refusal.ts';

/** Stops the start: a permission that this host does not understand must never count as given. */
export function cannotJudge(place: string, what: string, mend: string): Refusal {
  return new Refusal(`${place} has ${what}, and the local host can't judge permissions by it: ${mend}.`);
}
