import * as z from 'zod';
import { processor } from '../../core/processor.ts';

/** A meeting bot changed its state: keep the newest. https://skribby.io/docs/guides/webhook-events */
export default processor({
  on: 'status_update',
  schema: z.object({
    bot_id: z.string().min(1).max(512),
    data: z.object({ old_status: z.string().optional(), new_status: z.string() }),
  }),
  tables: ['meetings'],
  handler: async ({ payload: { bot_id, data }, receivedAt }, { commit, log }) => {
    const at = receivedAt.toISOString();
    const written = await commit([
      {
        update: {
          table: 'meetings',
          key: { id: bot_id },
          set: { status: data.new_status, previousStatus: data.old_status ?? null, changedAt: at },
          condition: { expression: 'attribute_not_exists(changedAt) OR changedAt <= :at', values: { ':at': at } },
        },
      },
    ]);
    if (written === 'refused') log.info('older than what is kept');
  },
});
