import * as z from 'zod';
import { processor } from '../../core/processor.ts';

/** Money left for the merchant's bank. https://dev.inkress.com/docs/pages/webhooks/events */
export default processor({
  on: 'payout.completed',
  schema: z.object({
    created_at: z.string(),
    data: z.object({
      payout_id: z.string(),
      amount: z.number().nonnegative(),
      currency: z.string().length(3),
    }),
  }),
  tables: ['payouts'],
  handler: async ({ payload: { data, created_at } }, { commit }) => {
    await commit([
      {
        put: {
          table: 'payouts',
          item: { id: data.payout_id, amount: data.amount, currency: data.currency, completedAt: created_at },
        },
      },
    ]);
  },
});
