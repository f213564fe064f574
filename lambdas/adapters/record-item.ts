import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { EventRecord } from '../core/record.ts';
import { INDEX, META, OUTBOX_SHARDS } from '../core/table.ts';
import { eventDay } from './event-day.ts';

/** The id stands in the item once: as part of its key, else as part of the alias by which it is looked up. */
export function toItem({ eventId, ...record }: EventRecord): Record<string, AttributeValue> {
  const { source, pk, receivedAt, outboxAt } = record;
  const named = eventId === undefined ? undefined : `${source}#${eventId}`;
  return marshall({
    ...record,
    sk: META,
    [INDEX.events.partitionKey]: eventDay(source, receivedAt),
    ...(named !== undefined && (named === pk ? { keyIsId: true } : { [INDEX.aliases.partitionKey]: named })),
    ...(outboxAt !== undefined && { [INDEX.outbox.partitionKey]: outboxShard(pk) }),
  });
}

export function toRecord(item: Record<string, AttributeValue>): EventRecord {
  const { keyIsId, ...record } = unmarshall(item) as EventRecord & { keyIsId?: boolean; alias?: string };
  const named = keyIsId ? record.pk : record.alias;
  return named === undefined ? record : { ...record, eventId: named.slice(record.source.length + 1) };
}

export function outboxShard(pk: string): string {
  const first = createHash('sha256').update(pk).digest()[0] ?? 0;
  return String(first % OUTBOX_SHARDS);
}
