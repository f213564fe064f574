import { randomUUID } from 'node:crypto';
import { processor } from '../../../../../lambdas/core/processor.ts';

/** Every execution that takes effect leaves a row of its own, so that two for one event are seen as two. */
export default processor({
  on: '*',
  schema: { '~standard': { validate: (value) => ({ value: value as { readonly name: string } }) } },
  tables: ['effects'],
  handler: async ({ payload }, { commit, idempotencyKey }) => {
    await commit([{ put: { table: 'effects', item: { id: randomUUID(), event: payload.name, key: idempotencyKey } } }]);
  },
});
