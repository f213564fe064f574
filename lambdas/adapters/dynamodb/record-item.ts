import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type EventRecord, OLDEST_VERSION, RECORD_VERSION, type Status } from '../../core/record.ts';
import { INDEX, type ListBy, META, OUTBOX_SHARDS } from '../../core/table.ts';

/**
 * A record that is watched from the first is not in the outbox's index: `Watch` puts it there if nobody claims it.
 * META stays within 1 KB because what its key or an index's key says already stands in the item once.
 */
export function toItem(
  { eventId, type, ...record }: EventRecord,
  listBy: readonly ListBy[],
): Record<string, AttributeValue> {
  const { source, pk, status } = record;
  const state = stateOf(source, status, listBy);
  return marshall({
    ...record,
    sk: META,
    ...(eventId !== undefined && (pk === `${source}#${eventId}` ? { keyIsId: true } : { eventId })),
    ...(listBy.includes('type') ? { [INDEX.types.partitionKey]: typeKey(source, type) } : { type }),
    ...(state !== undefined && { [INDEX.statuses.partitionKey]: state }),
  });
}

/** What of a record the table keeps under other names. */
interface StoredApart {
  readonly keyIsId?: boolean;
  readonly typed?: string;
  /** Of version 0. */
  readonly alias?: string;
}

export function toRecord(item: Record<string, AttributeValue>): EventRecord {
  const { keyIsId, typed, alias, ...record } = unmarshall(item) as EventRecord & StoredApart;
  const after = record.source.length + 1;
  return {
    ...record,
    ...(keyIsId && { eventId: record.pk.slice(after) }),
    ...(typed !== undefined && { type: typed.slice(after) }),
    ...(alias !== undefined && { eventId: alias.slice(after) }),
  };
}

/** Part of the condition of what changes a record: what a newer version wrote is left as it is. */
export const KNOWN_VERSION = {
  condition: 'v BETWEEN :oldest AND :v',
  values: { ':oldest': OLDEST_VERSION, ':v': RECORD_VERSION },
} as const;

export function typeKey(source: string, type: string): string {
  return `${source}#${type}`;
}

export function statusKey(source: string, status: Status): string {
  return `${source}#${status}`;
}

/** Where the index of statuses has a record of that status, if it has. */
export function stateOf(source: string, status: Status, listBy: readonly ListBy[]): string | undefined {
  return status === 'FAILED' || status === 'PARKED' || listBy.includes('status')
    ? statusKey(source, status)
    : undefined;
}

export function outboxShard(pk: string): string {
  const first = createHash('sha256').update(pk).digest()[0] ?? 0;
  return String(first % OUTBOX_SHARDS);
}
