import * as z from 'zod';
import { processor } from '../../core/processor.ts';

/** Money left for the merchant's bank. https://dev.inkress.com/docs/pages/webhooks/events */
export default processor({
  on: 'payout.completed',
  schema: z.object({
    data: z.object({
      payout_id: z.string().min(1).max(512),
      amount: z.number().nonnegative(),
      currency: z.string().length(3),
    }),
  }),
  tables: ['payouts'],
  handler: async ({ payload: { data }, receivedAt, occurredAt = receivedAt }, { commit }) => {
    await commit([
      {
        put: {
          table: 'payouts',
          item: {
            id: data.payout_id,
            amount: data.amount,
            currency: data.currency,
            completedAt: occurredAt.toISOString(),
          },
        },
      },
    ]);
  },
});
