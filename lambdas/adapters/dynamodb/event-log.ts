import { type AttributeValue, BatchGetItemCommand, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { BadCursor, type EventLog, type EventQuery } from '../../core/admin/admin.ts';
import { isListed } from '../../core/admin/event-query.ts';
import { sharesOf } from '../../core/ledger/shares.ts';
import type { Clock, Store } from '../../core/ports.ts';
import { type EventRecord, isExpired, recordKey } from '../../core/record.ts';
import { INDEX, type ListBy, META } from '../../core/table.ts';
import { type Partition, receivedPages } from './received-pages.ts';
import { stateOf, toRecord, typeKey } from './record-item.ts';

export interface EventLogOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly store: Pick<Store, 'get'>;
  readonly clock: Clock;
  /** What the stage lists by, beside what it always does. */
  readonly listBy?: readonly ListBy[];
}

/** Where a page ended: everything newer was given, and of that millisecond everything up to this key. */
interface Position {
  readonly receivedAt: number;
  readonly pk: string;
}

/** DynamoDB's limit for one BatchGetItem. */
const KEYS_AT_ONCE = 100;
const HOUR_MS = 60 * 60_000;
/** The index has about 100 bytes of each: some 250 read units at the most. */
const KEYS_OF_A_SOURCE = 20_000;
/**
 * A page looks at so many events at most. Where a filter has no index, one that few events meet may come back short, with
 * a `next`: no request takes longer because there are more events.
 */
const LOOKED_AT_PER_PAGE = 400;

/** Lists events from the index that fits the filter best, newest first, then reads their records: never a scan. */
export function eventLog({ client, tableName, store, clock, listBy = [] }: EventLogOptions): EventLog {
  /** The narrowest partition of one source that has all that the filter may want. */
  function partitionOf(source: string, { status, type }: EventQuery): Partition {
    const state = status && stateOf(source, status, listBy);
    if (state !== undefined) return { index: INDEX.statuses, key: state };
    if (type !== undefined && listBy.includes('type')) return { index: INDEX.types, key: typeKey(source, type) };
    return { index: INDEX.events, key: source };
  }

  /**
   * Keys within a time that come after the position, newest first. Events of one millisecond have no order in the index,
   * so they are given all together or not yet.
   */
  async function keysOf(
    partition: Partition,
    { from, to }: { readonly from: number; readonly to: number },
    after: Position | undefined,
    limit: number,
  ): Promise<{ readonly keys: Position[]; readonly more: boolean }> {
    const found: Position[] = [];
    const time = { from, to: Math.max(from, Math.min(to, after?.receivedAt ?? to)) };
    const pages = receivedPages(client, tableName, partition, time, { newestFirst: limit });
    for await (const { Items = [], LastEvaluatedKey } of pages) {
      const positions = Items.map(positionOf);
      found.push(...positions.filter((position) => !after || isAfter(position, after)));
      const unfinished = LastEvaluatedKey && positions.at(-1)?.receivedAt;
      const whole = found.filter(({ receivedAt }) => receivedAt !== unfinished);
      if (LastEvaluatedKey && whole.length > 0) return { keys: whole.sort(newestFirst), more: true };
    }
    return { keys: found.sort(newestFirst), more: false };
  }

  /** Keys of one source from a moment on, oldest first; `more` when there are more than can be looked at. */
  async function keysSince(
    source: string,
    from: number,
  ): Promise<{ readonly keys: Position[]; readonly more: boolean }> {
    const keys: Position[] = [];
    const time = { from, to: Number.MAX_SAFE_INTEGER };
    const pages = receivedPages(client, tableName, { index: INDEX.events, key: source }, time);
    for await (const { Items = [], LastEvaluatedKey } of pages) {
      keys.push(...Items.map(positionOf));
      if (LastEvaluatedKey && keys.length >= KEYS_OF_A_SOURCE) return { keys, more: true };
    }
    return { keys, more: false };
  }

  async function recordsOf(keys: readonly Position[]): Promise<EventRecord[]> {
    const found = new Map<string, EventRecord>();
    const starts = Array.from({ length: Math.ceil(keys.length / KEYS_AT_ONCE) }, (_, i) => i * KEYS_AT_ONCE);
    await inTurns(starts, async (start) => {
      let wanted = keys.slice(start, start + KEYS_AT_ONCE).map(({ pk }) => ({ pk: { S: pk }, sk: { S: META } }));
      while (wanted.length > 0) {
        const answer = await client.send(new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: wanted } } }));
        for (const item of answer.Responses?.[tableName] ?? []) {
          const record = toRecord(item);
          found.set(record.pk, record);
        }
        wanted = (answer.UnprocessedKeys?.[tableName]?.Keys ?? []) as typeof wanted;
      }
    });
    return keys.flatMap(({ pk }) => found.get(pk) ?? []);
  }

  async function find(source: string, id: string): Promise<EventRecord | undefined> {
    const byKey = await store.get(recordKey(source, id));
    if (byKey) return byKey;
    // Where the key is not the id, a payload stands under the id and names the key.
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :body)',
        FilterExpression: 'attribute_exists(#record)',
        ProjectionExpression: '#record',
        ExpressionAttributeNames: { '#record': 'record' },
        ExpressionAttributeValues: marshall({ ':pk': recordKey(source, id), ':body': 'BODY#' }),
      }),
    );
    const records = await Promise.all(Items.slice(0, KEYS_AT_ONCE).map((item) => store.get(item.record?.S ?? '')));
    const mine = records.flatMap((record) => (record?.eventId === id ? [record] : []));
    return mine.sort((a, b) => b.receivedAt - a.receivedAt)[0];
  }

  return {
    find,

    async list(query: EventQuery) {
      const now = clock.now();
      const { sources, text, limit, cursor } = query;
      let position = cursor === undefined ? undefined : decodePosition(cursor);
      // Who asks for an id has it at the top of the first page, wherever it stands among those that only have it in them.
      const named = text === undefined ? [] : await Promise.all(sources.map((source) => find(source, text)));
      const exact = named.flatMap((record) => (record && isListed(record, query, now) ? [record] : [])).slice(0, limit);
      const shown = new Set(exact.map(({ pk }) => pk));
      const partitions = sources.map((source) => partitionOf(source, query));
      // An hour ahead of now: a sandbox whose clock is fast must not hide its events.
      const time = { from: query.from ?? 0, to: Math.min((query.to ?? Infinity) - 1, now + HOUR_MS) };

      const isWalk = query.status !== undefined || query.type !== undefined || text !== undefined;
      const chunk = isWalk ? KEYS_AT_ONCE : Math.min(KEYS_AT_ONCE, Math.max(limit, 25));
      const events: EventRecord[] = position ? [] : [...exact];
      if (events.length === limit) return { events, next: encodePosition({ receivedAt: time.to + 1, pk: '' }) };
      for (let looked = 0; looked < LOOKED_AT_PER_PAGE;) {
        const lists = await Promise.all(partitions.map((partition) => keysOf(partition, time, position, chunk)));
        // Of a source that has more, what comes after is not known yet.
        const known = Math.max(0, ...lists.map(({ keys, more }) => (more ? (keys.at(-1)?.receivedAt ?? 0) : 0)));
        const merged = lists.flatMap(({ keys }) => keys.filter(({ receivedAt }) => receivedAt >= known));
        const keys = merged.sort(newestFirst).slice(0, isWalk ? undefined : chunk);
        if (keys.length === 0) return { events };
        looked += keys.length;
        for (const record of await recordsOf(keys)) {
          position = { receivedAt: record.receivedAt, pk: record.pk };
          if (shown.has(record.pk) || !isListed(record, query, now)) continue;
          events.push(record);
          if (events.length === limit) return { events, next: encodePosition(position) };
        }
        position = keys.at(-1) ?? position;
      }
      return { events, ...(position && { next: encodePosition(position) }) };
    },

    async since(sources, from, most, settled) {
      const found = [];
      for (const source of sources) {
        const { keys, more } = await keysSince(source, from);
        found.push({ source, keys, more, unknown: keys.filter(({ pk }) => !settled?.get(pk)) });
      }
      const shares = sharesOf(
        found.map(({ unknown }) => unknown.length),
        most,
      );
      const read = await recordsOf(found.flatMap(({ unknown }, at) => unknown.slice(0, shares[at])));
      const byKey = new Map(read.map((record) => [record.pk, record]));
      // What is deleted has left the index, too.
      const records = found.flatMap(({ keys }) => keys.flatMap(({ pk }) => byKey.get(pk) ?? settled?.get(pk) ?? []));
      settled?.learn(read);
      const now = clock.now();
      return {
        records: records.filter((record) => !isExpired(record, now)),
        cut: found.flatMap(({ source, more, unknown }, at) =>
          more || unknown.length > (shares[at] ?? 0) ? [source] : [],
        ),
      };
    },
  };
}

function positionOf(item: Record<string, AttributeValue>): Position {
  return { receivedAt: Number(item.receivedAt?.N), pk: item.pk?.S ?? '' };
}

/** Four at once: enough to hide the way there and back, too few to be a burst. */
async function inTurns<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const turn = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: 4 }, turn));
}

function newestFirst(a: Position, b: Position): number {
  return b.receivedAt - a.receivedAt || (a.pk < b.pk ? -1 : 1);
}

function isAfter(position: Position, last: Position): boolean {
  return newestFirst(last, position) < 0 && position.pk !== last.pk;
}

function encodePosition({ receivedAt, pk }: Position): string {
  return Buffer.from(JSON.stringify([receivedAt, pk])).toString('base64url');
}

function decodePosition(cursor: string): Position {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(value)) throw new BadCursor();
    const [receivedAt, pk] = value as unknown[];
    if (typeof receivedAt !== 'number' || !Number.isSafeInteger(receivedAt) || typeof pk !== 'string') {
      throw new BadCursor();
    }
    if (Math.abs(receivedAt) > 8.64e15) throw new BadCursor();
    return { receivedAt, pk };
  } catch {
    throw new BadCursor();
  }
}
