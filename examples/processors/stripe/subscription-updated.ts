import * as z from 'zod';
import { processor } from '../../../lambdas/core/processor.ts';
import { isStale } from '../../../lambdas/core/stale.ts';

const kept = z.object({ changedAt: z.iso.datetime({ offset: true }) });

/** Keeps another system at the newest state of a subscription, although the events of it come in any order. */
export default processor({
  on: 'customer.subscription.updated',
  schema: z.object({ data: z.object({ object: z.object({ id: z.string(), status: z.string() }) }) }),
  handler: async ({ payload, occurredAt }, { idempotencyKey, log, signal }) => {
    const { id, status } = payload.data.object;
    const url = `https://billing.example/subscriptions/${encodeURIComponent(id)}`;
    const found = await fetch(url, { signal });
    const before = found.ok ? kept.parse(await found.json()) : undefined;
    if (isStale({ occurredAt: before?.changedAt }, { occurredAt })) {
      log.info('older than what is kept');
      return;
    }
    const answer = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ status, changedAt: occurredAt?.toISOString() }),
      signal,
    });
    if (!answer.ok) throw Object.assign(new Error(`Billing answered ${answer.status}.`), { response: answer });
  },
});
