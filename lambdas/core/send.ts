import { encodeMessage } from './message.ts';
import { deduplicationIdOf, groupOf } from './order.ts';
import type { Queue } from './ports.ts';
import { bodyKey, type EventRecord } from './record.ts';

/** Puts the event's pointer on the queue of the route that its record names. */
export async function sendRecord(queue: Queue, record: EventRecord): Promise<void> {
  const { pk, source, route } = record;
  if (route === undefined) throw new Error(`The record ${pk} has no route, so there is no queue to send it to.`);
  await queue.send({
    source,
    route,
    body: messageOf(record),
    group: groupOf(record),
    deduplicationId: deduplicationIdOf(record),
  });
}

/** What a queue carries of the event. */
export function messageOf(record: EventRecord): string {
  const { pk, epoch, bodySha256 } = record;
  const bodyAt = bodyKey(record);
  return encodeMessage({ pk, epoch, bodySha256, ...(bodyAt !== pk && { bodyAt }) });
}
