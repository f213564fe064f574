/**
 * The table's shape, written once: the stack declares it, the adapters read and write it.
 *
 * | sk | row |
 * |---|---|
 * | `META` | the event's record, at most 1 KB so that each write is one unit |
 * | `BODY#<sha256>` | its payload, gzip; over 256 KiB gzip an S3 object whose name the row carries |
 *
 * A payload stands under the provider's id also where that is not the event's key, and names the key: so the event is
 * found by the id without an index.
 *
 * One row of the partition `BREAKER#<source>/<route>`, with the sort key `BREAKER`: the breaker of a route that has failed
 * or was paused. No source has a capital letter in its name, so no event is there. It has no `expiresAt`. Likewise
 * `ALLOWLIST#<provider>`, `ALLOWLIST`: what is kept of a provider's published addresses; `BLOCKLIST`, `BLOCKLIST`:
 * addresses whose signatures keep failing; and `LEDGER#<source>`, by the
 * hour: how many events it brought, for a week.
 */
export const TABLE = { partitionKey: 'pk', sortKey: 'sk', ttl: 'expiresAt' } as const;

export const META = 'META';

/** The row of one route's breaker. */
export function breakerKey(route: string): { readonly pk: string; readonly sk: string } {
  return { pk: `BREAKER#${route}`, sk: 'BREAKER' };
}

/** The row of the addresses whose signatures keep failing. */
export const BLOCKLIST_KEY = { pk: 'BLOCKLIST', sk: 'BLOCKLIST' } as const;

/** The row of one provider's published addresses. */
export function allowlistKey(provider: string): { readonly pk: string; readonly sk: string } {
  return { pk: `ALLOWLIST#${provider}`, sk: 'ALLOWLIST' };
}

/** The row of one source's hour in the ledger. The hour is its beginning, milliseconds since the epoch. */
export function ledgerKey(source: string, hour: number): { readonly pk: string; readonly sk: string } {
  return { pk: `LEDGER#${source}`, sk: new Date(hour).toISOString() };
}

/** The row of what one source's minute has admitted. The minute is its beginning, milliseconds since the epoch. */
export function admissionKey(source: string, minute: number): { readonly pk: string; readonly sk: string } {
  return { pk: `ADMITTED#${source}`, sk: new Date(minute).toISOString() };
}

/** The row that says up to when each source's events were looked at for what nobody claimed; an attribute a source. */
export const WATCH_KEY = { pk: 'WATCH', sk: 'WATCH' } as const;

export const INDEX = {
  /** Sparse: what the sweeper may have to send. Keyed by a shard, so that no index partition takes every write. */
  outbox: { name: 'outbox', partitionKey: 'outbox', sortKey: 'outboxAt' },
  /** Every record by source, newest last. Its keys never change, so updates of a record don't write it. */
  events: { name: 'events', partitionKey: 'source', sortKey: 'receivedAt' },
  /** Sparse: what is FAILED or PARKED, by source and status; where the stage lists by status, every record. */
  statuses: { name: 'statuses', partitionKey: 'state', sortKey: 'receivedAt' },
  /** Where the stage lists by type: every record by source and type. */
  types: { name: 'types', partitionKey: 'typed', sortKey: 'receivedAt' },
} as const;

/** 1,000 writes a second each: the index partition's limit. */
export const OUTBOX_SHARDS = 8;

/** What a stage may list by, with an index over every event, beside what it always does: source, failures, time. */
export const LIST_BY = ['type', 'status'] as const;

export type ListBy = (typeof LIST_BY)[number];
