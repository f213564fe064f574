import * as z from 'zod';
import { processor } from '../../core/processor.ts';

/** An order was paid. https://dev.inkress.com/docs/pages/webhooks/events */
export default processor({
  on: 'payment.success',
  schema: z.object({
    data: z.object({
      order_id: z.string().min(1).max(512),
      transaction_id: z.string().optional(),
      amount: z.number().nonnegative(),
      currency: z.string().length(3),
    }),
  }),
  tables: ['orders'],
  handler: async ({ payload: { data }, receivedAt, occurredAt = receivedAt }, { commit }) => {
    await commit([
      {
        update: {
          table: 'orders',
          key: { id: data.order_id },
          set: {
            status: 'paid',
            amount: data.amount,
            currency: data.currency,
            transactionId: data.transaction_id ?? null,
            paidAt: occurredAt.toISOString(),
          },
        },
      },
    ]);
  },
});
