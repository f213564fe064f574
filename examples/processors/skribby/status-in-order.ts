import * as z from 'zod';
import { processor } from '../../../lambdas/core/processor.ts';

/**
 * Tells another system each state of a meeting bot, in the order in which they came: the next state of the same bot waits
 * until this one has been told, or is parked; other bots go ahead.
 */
export default processor({
  on: 'status_update',
  ordered: '/bot_id',
  schema: z.object({ bot_id: z.string(), data: z.object({ new_status: z.string() }) }),
  handler: async ({ payload: { bot_id, data } }, { idempotencyKey, signal }) => {
    const answer = await fetch(`https://crm.example/meetings/${encodeURIComponent(bot_id)}/states`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ status: data.new_status }),
      signal,
    });
    // Its Retry-After, if it has one, is when this bot's events go on.
    if (!answer.ok) throw Object.assign(new Error(`The CRM answered ${answer.status}.`), { response: answer });
  },
});
