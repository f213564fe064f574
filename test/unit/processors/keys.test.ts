import type { Schema } from '../../../lambdas/core/processor.ts';
import paymentFailed from '../../../lambdas/processors/inkress/payment-failed.ts';
import paymentSuccess from '../../../lambdas/processors/inkress/payment-success.ts';
import payoutCompleted from '../../../lambdas/processors/inkress/payout-completed.ts';
import userCreated from '../../../lambdas/processors/scalekit/user-created.ts';
import userUpdated from '../../../lambdas/processors/scalekit/user-updated.ts';
import statusUpdate from '../../../lambdas/processors/skribby/status-update.ts';

/** A payload whose key is of a test's choice. */
const user = (id: string) => ({ organization_id: 'org_1', data: { id, email: 'ada@example.com' } });
const payment = (id: string) => ({ data: { order_id: id, amount: 1, currency: 'JMD' } });

const SAMPLES: readonly (readonly [string, Schema<unknown>, (id: string) => unknown])[] = [
  ['inkress/payment-failed', paymentFailed.schema, payment],
  ['inkress/payment-success', paymentSuccess.schema, payment],
  ['inkress/payout-completed', payoutCompleted.schema, (id) => ({ data: { ...payment(id).data, payout_id: id } })],
  ['scalekit/user-created', userCreated.schema, user],
  ['scalekit/user-updated', userUpdated.schema, user],
  ['skribby/status-update', statusUpdate.schema, (id) => ({ bot_id: id, data: { new_status: 'joining' } })],
];

/** DynamoDB refuses an empty key, and one above 2,048 bytes, however often it is tried. */
test.each(SAMPLES)('%s parks what could be no key of its table', async (_, schema, payload) => {
  const accepts = async (id: string) => (await schema['~standard'].validate(payload(id))).issues === undefined;

  expect([await accepts('a'), await accepts('é'.repeat(512))]).toEqual([true, true]);
  expect([await accepts(''), await accepts('a'.repeat(513))]).toEqual([false, false]);
});
