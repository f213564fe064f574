import { encodeMessage } from './message.ts';
import { deduplicationIdOf, groupOf } from './order.ts';
import type { Queue } from './ports.ts';
import type { EventRecord } from './record.ts';

/** Puts the event's pointer on the queue of the route that its record names. */
export async function sendRecord(queue: Queue, record: EventRecord): Promise<void> {
  const { pk, source, route, epoch, bodySha256 } = record;
  if (route === undefined) throw new Error(`The record ${pk} has no route, so there is no queue to send it to.`);
  await queue.send({
    source,
    route,
    body: encodeMessage({ pk, epoch, bodySha256 }),
    group: groupOf(record),
    deduplicationId: deduplicationIdOf(record),
  });
}
