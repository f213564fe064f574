import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { BadCursor, type EventLog, type EventQuery } from '../core/admin.ts';
import type { Clock, Store } from '../core/ports.ts';
import { type EventRecord, isExpired, RECORD_TTL_SECONDS } from '../core/record.ts';
import { INDEX, META } from '../core/table.ts';
import { eventDay } from './event-day.ts';
import { toRecord } from './record-item.ts';

export interface EventLogOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly store: Pick<Store, 'get'>;
  readonly clock: Clock;
}

/** Where a page ended: everything newer was given, and of that millisecond everything up to this key. */
interface Position {
  readonly receivedAt: number;
  readonly pk: string;
}

/** DynamoDB's limit for one BatchGetItem. */
const KEYS_AT_ONCE = 100;
const DAY_MS = 24 * 60 * 60_000;
/** A page looks at so many index entries at most; with a rare status it may come back short, with a `next`. */
const KEYS_PER_PAGE = 2_000;

/** Lists events by source and day from the index, newest first, then reads their records: never a scan. */
export function eventLog({ client, tableName, store, clock }: EventLogOptions): EventLog {
  /**
   * Keys of one source on one day that come after the position, newest first. Events of one millisecond have no order
   * in the index, so they are given all together or not yet.
   */
  async function keysOf(source: string, day: number, after: Position | undefined, limit: number): Promise<Position[]> {
    const found: Position[] = [];
    let start: QueryCommandInput['ExclusiveStartKey'];
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: INDEX.events.name,
          KeyConditionExpression: `listed = :day${after ? ' AND receivedAt <= :to' : ''}`,
          ExpressionAttributeValues: marshall({
            ':day': eventDay(source, day),
            ...(after && { ':to': after.receivedAt }),
          }),
          ScanIndexForward: false,
          Limit: limit,
          ExclusiveStartKey: start,
        }),
      );
      const positions = Items.map((item) => ({ receivedAt: Number(item.receivedAt?.N), pk: item.pk?.S ?? '' }));
      found.push(...positions.filter((position) => !after || isAfter(position, after)));
      start = LastEvaluatedKey;
      const unfinished = start && positions.at(-1)?.receivedAt;
      const whole = found.filter(({ receivedAt }) => receivedAt !== unfinished);
      if (start && whole.length > 0) return whole.sort(newestFirst);
    } while (start);
    return found.sort(newestFirst);
  }

  /** Keys of one source on the day of that moment, from a moment on. */
  async function keysOfDay(source: string, day: number, from: number, most: number): Promise<Position[]> {
    const keys: Position[] = [];
    let next: Record<string, AttributeValue> | undefined;
    do {
      const page: QueryCommandOutput = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: INDEX.events.name,
          KeyConditionExpression: 'listed = :day AND receivedAt >= :from',
          ExpressionAttributeValues: marshall({ ':day': eventDay(source, day), ':from': from }),
          ScanIndexForward: false,
          ...(next && { ExclusiveStartKey: next }),
        }),
      );
      for (const item of page.Items ?? []) keys.push({ receivedAt: Number(item.receivedAt?.N), pk: item.pk?.S ?? '' });
      next = page.LastEvaluatedKey;
    } while (next && keys.length < most);
    return keys.slice(0, most);
  }

  async function recordsOf(keys: readonly Position[]): Promise<EventRecord[]> {
    const found = new Map<string, EventRecord>();
    for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
      let wanted = keys.slice(start, start + KEYS_AT_ONCE).map(({ pk }) => ({ pk: { S: pk }, sk: { S: META } }));
      while (wanted.length > 0) {
        const answer = await client.send(new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: wanted } } }));
        for (const item of answer.Responses?.[tableName] ?? []) {
          const record = toRecord(item);
          found.set(record.pk, record);
        }
        wanted = (answer.UnprocessedKeys?.[tableName]?.Keys ?? []) as typeof wanted;
      }
    }
    return keys.flatMap(({ pk }) => found.get(pk) ?? []);
  }

  return {
    async list({ sources, status, limit, cursor }: EventQuery) {
      const now = clock.now();
      const oldestDay = now - RECORD_TTL_SECONDS * 1000 - DAY_MS;
      let position = cursor === undefined ? undefined : decodePosition(cursor);
      const events: EventRecord[] = [];
      let looked = 0;
      // An hour ahead of now: a sandbox whose clock is fast must not hide its events.
      for (let day = position?.receivedAt ?? now + DAY_MS / 24; day > oldestDay;) {
        const chunk = Math.min(KEYS_AT_ONCE, Math.max(limit, 25));
        const lists = await Promise.all(sources.map((source) => keysOf(source, day, position, chunk)));
        const keys = lists.flat().sort(newestFirst).slice(0, chunk);
        if (keys.length === 0) {
          // Nothing more on this day: the last millisecond of the day before.
          day = Math.floor(day / DAY_MS) * DAY_MS - 1;
          continue;
        }
        looked += keys.length;
        for (const record of await recordsOf(keys)) {
          position = { receivedAt: record.receivedAt, pk: record.pk };
          if (isExpired(record, now) || (status !== undefined && record.status !== status)) continue;
          events.push(record);
          if (events.length === limit) return { events, next: encodePosition(position) };
        }
        position = keys.at(-1) ?? position;
        if (position && looked >= KEYS_PER_PAGE) return { events, next: encodePosition(position) };
      }
      return { events };
    },

    async since(sources, from, most) {
      const now = clock.now();
      const keys: Position[] = [];
      for (const source of sources) {
        for (let day = now + DAY_MS / 24; day >= from - DAY_MS && keys.length <= most; day -= DAY_MS)
          keys.push(...(await keysOfDay(source, day, from, most + 1 - keys.length)));
      }
      const records = await recordsOf(keys.slice(0, most).sort(newestFirst));
      return { records: records.filter((record) => !isExpired(record, now)), complete: keys.length <= most };
    },

    async find(source, id) {
      const byKey = await store.get(`${source}#${id}`);
      if (byKey) return byKey;
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: INDEX.aliases.name,
          KeyConditionExpression: 'alias = :alias',
          ExpressionAttributeValues: marshall({ ':alias': `${source}#${id}` }),
          ScanIndexForward: false,
          Limit: 1,
        }),
      );
      const pk = Items[0]?.pk?.S;
      return pk === undefined ? undefined : store.get(pk);
    },
  };
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
