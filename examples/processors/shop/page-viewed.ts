import { z } from 'zod';
import { processor } from '../../../lambdas/core/processor.ts';

const ANALYTICS = 'https://analytics.example.com/import';

/**
 * Pages were viewed: one request for up to ten of them. The import answers for each line by itself, and takes the one that
 * it has seen under its key for done.
 */
export default processor({
  on: 'page.viewed',
  schema: z.object({ data: z.object({ path: z.string().max(2048) }) }),
  retry: { tries: 3, firstWait: 60 },
  handleBatch: async (events, { signal }) => {
    const lines = events.map(({ idempotencyKey, payload, occurredAt, receivedAt }) => ({
      key: idempotencyKey,
      path: payload.data.path,
      at: (occurredAt ?? receivedAt).toISOString(),
    }));
    const answer = await fetch(ANALYTICS, { method: 'POST', body: JSON.stringify(lines), signal });
    if (!answer.ok) throw new Error(`The import answered ${answer.status}.`, { cause: answer });
    const refused = z.object({ refused: z.array(z.string()) }).parse(await answer.json());
    return events.map(({ idempotencyKey }) =>
      refused.refused.includes(idempotencyKey) ? new Error('The import refused this line.') : 'done',
    );
  },
});
