import * as z from 'zod';
import { processor } from '../../core/processor.ts';

/** A payment did not go through. An order that is paid meanwhile stays paid. */
export default processor({
  on: 'payment.failed',
  schema: z.object({
    data: z.object({ order_id: z.string().min(1).max(512), reason: z.string().max(200).optional() }),
  }),
  tables: ['orders'],
  handler: async ({ payload: { data }, receivedAt, occurredAt = receivedAt }, { commit, log }) => {
    const written = await commit([
      {
        update: {
          table: 'orders',
          key: { id: data.order_id },
          set: { status: 'payment_failed', failureReason: data.reason ?? null, failedAt: occurredAt.toISOString() },
          condition: {
            expression: 'attribute_not_exists(#status) OR #status <> :paid',
            names: { '#status': 'status' },
            values: { ':paid': 'paid' },
          },
        },
      },
    ]);
    if (written === 'refused') log.info('the order is paid already');
  },
});
