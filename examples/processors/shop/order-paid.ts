import { z } from 'zod';
import { processor } from '../../../lambdas/core/processor.ts';

const WAREHOUSE = 'https://warehouse.example.com/shipments';

/**
 * An order is paid: have it shipped. The warehouse knows a key that it has seen, so that a second try ships nothing twice.
 * An amount below zero is a rule of ours: it parks with its reason, for no try would mend it.
 */
export default processor({
  on: 'order.paid',
  schema: z.object({ data: z.object({ order_id: z.string(), amount: z.number().nonnegative() }) }),
  handler: async ({ payload: { data } }, { idempotencyKey, signal }) => {
    const answer = await fetch(WAREHOUSE, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ order: data.order_id }),
      signal,
    });
    // What it says in Retry-After is waited for.
    if (!answer.ok) throw new Error(`The warehouse answered ${answer.status}.`, { cause: answer });
  },
});
