import { z } from 'zod';
import { processor } from '../../../lambdas/core/processor.ts';

/** A mail could not be delivered: remember the address, so that nothing is sent there again. */
export default processor({
  on: 'message.hard_bounced',
  schema: z.object({ data: z.object({ recipient: z.email() }) }),
  tables: ['suppressions'],
  handler: async ({ payload: { data }, receivedAt }, { commit }) => {
    await commit([{ put: { table: 'suppressions', item: { id: data.recipient, since: receivedAt.toISOString() } } }]);
  },
});
