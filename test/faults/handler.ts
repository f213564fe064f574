import type { OneByOneProcessor } from '../../lambdas/core/processing/attempt.ts';
import { PermanentError } from '../../lambdas/core/processor.ts';
import { NOON } from '../support/gateway-in-memory.ts';
import type { Configuration } from './configurations.ts';

const OUTAGE_MS = 2 * 60_000;

export interface HandlerWorld {
  now(): number;
  /** Whether a person has mended everything by now. */
  calm(): boolean;
  /** Makes the effect outside the record's transaction. */
  effect(key: string): Promise<void>;
}

/** What a team might have written: its effect, and what goes wrong with it. */
export function handlerOf(
  { effect, broken, failing, outage }: Configuration,
  world: HandlerWorld,
): OneByOneProcessor<unknown> {
  return {
    on: '*',
    schema: { '~standard': { validate: (value) => ({ value }) } },
    handler: async (_event, { commit, idempotencyKey }) => {
      if (broken && !world.calm()) throw new PermanentError('not mended yet');
      if (failing && !world.calm()) throw new Error('not mended yet');
      if (outage && world.now() < NOON + OUTAGE_MS) throw new Error('down');
      if (effect === 'commit') await commit([{ put: { table: 'effects', item: { id: idempotencyKey } } }]);
      else await world.effect(idempotencyKey);
    },
  };
}
