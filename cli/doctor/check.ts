import type { Source } from '../../lambdas/core/source.ts';
import type { Connection } from '../connection.ts';

/** What one check found. `look`: it works, and somebody should know. `wrong`: mend it. `not-asked`: it has no meaning here. */
export interface Finding {
  readonly state: 'fine' | 'look' | 'wrong' | 'not-asked';
  readonly says: string;
  /** What to do. */
  readonly mend?: string;
}

export interface Patient {
  readonly connection: Connection;
  readonly isLocal: boolean;
  readonly sources: readonly Source[];
  readonly now: () => number;
}

export interface Check {
  readonly name: string;
  readonly look: (patient: Patient) => Promise<readonly Finding[]>;
}

export function fine(says: string): Finding {
  return { state: 'fine', says };
}

export function look(says: string, mend: string): Finding {
  return { state: 'look', says, mend };
}

export function wrong(says: string, mend: string): Finding {
  return { state: 'wrong', says, mend };
}

export function notAsked(says: string): Finding {
  return { state: 'not-asked', says };
}
