import { Refusal } from '../refusal.ts';
import type { Desired } from '../template/desired.ts';
import type { Guard } from './guard.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions */
const OF_A_CONSUMER = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/** Lambda makes no event source mapping for a function that may not read the queue; nor does this host start one. */
export function checkConsumers({ mappings, functions }: Desired, guard: Guard): void {
  for (const mapping of mappings) {
    const consumer = functions.find(({ name, arn }) => mapping.function === name || mapping.function === arn);
    const caller = consumer && guard.principal(consumer.id);
    const needs = OF_A_CONSUMER.map((action) => ({ action, resource: mapping.queueArn }));
    const refusal = caller && guard.refusal(caller, needs);
    if (refusal !== undefined) {
      throw new Refusal(`Lambda would not make the event source mapping ${mapping.id}: ${refusal}. Grant it.`);
    }
  }
}
