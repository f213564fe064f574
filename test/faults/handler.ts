import type { OneByOneProcessor } from '../../lambdas/core/processing/attempt.ts';
import { PermanentError } from '../../lambdas/core/processor.ts';
import { NOON } from '../support/gateway-in-memory.ts';
import type { Gateway } from './gateway.ts';

const OUTAGE_MS = 2 * 60_000;
const SCHEMA: OneByOneProcessor<unknown>['schema'] = { '~standard': { validate: (value) => ({ value }) } };

/**
 * What a team might have written: its effect, and what goes wrong with it.
 *
 * @param makeEffect outside the record's transaction
 */
export function handlerOf(
  gateway: Pick<Gateway, 'configuration' | 'scheduler' | 'clock'>,
  makeEffect: (key: string) => Promise<void>,
): OneByOneProcessor<unknown> {
  const { effect, broken, failing, outage } = gateway.configuration;
  return {
    on: '*',
    schema: SCHEMA,
    handler: async (_event, { commit, idempotencyKey }) => {
      if (broken && !gateway.scheduler.calm) throw new PermanentError('not mended yet');
      if (failing && !gateway.scheduler.calm) throw new Error('not mended yet');
      if (outage && gateway.clock.now() < NOON + OUTAGE_MS) throw new Error('down');
      if (effect === 'commit') await commit([{ put: { table: 'effects', item: { id: idempotencyKey } } }]);
      else await makeEffect(idempotencyKey);
    },
  };
}
