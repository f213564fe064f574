/**
 * The table's shape, written once: the stack declares it, the adapters read and write it.
 *
 * | sk | row |
 * |---|---|
 * | `META` | the event's record, at most 1 KB so that each write is one unit |
 * | `BODY#<sha256>` | its payload, gzip; over 256 KiB gzip an S3 object whose name the row carries |
 *
 * One row of the partition `BREAKER#<source>/<route>`, with the sort key `BREAKER`: the breaker of a route that has failed
 * or was paused. No source has a capital letter in its name, so no event is there. It has no `expiresAt`.
 */
export const TABLE = { partitionKey: 'pk', sortKey: 'sk', ttl: 'expiresAt' } as const;

export const META = 'META';

/** The row of one route's breaker. */
export function breakerKey(route: string): { readonly pk: string; readonly sk: string } {
  return { pk: `BREAKER#${route}`, sk: 'BREAKER' };
}

export const INDEX = {
  /** Sparse: what the sweeper may have to send. Keyed by a shard, so that no index partition takes every write. */
  outbox: { name: 'outbox', partitionKey: 'outbox', sortKey: 'outboxAt' },
  /** Every record by source and UTC day, newest last. Its keys never change, so updates of a record don't write it. */
  events: { name: 'events', partitionKey: 'listed', sortKey: 'receivedAt' },
  /** Sparse: records whose key is not the provider's id, because the signature does not cover that id. */
  aliases: { name: 'aliases', partitionKey: 'alias', sortKey: 'receivedAt' },
} as const;

/** 1,000 writes a second each: the index partition's limit. */
export const OUTBOX_SHARDS = 8;
