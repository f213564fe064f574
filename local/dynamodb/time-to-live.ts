import { AwsError } from '../aws/error.ts';
import type { Json } from '../aws/json-server.ts';
import { type Item, promised, type Store } from './dynalite.ts';
import { prepareWrite, writeTogether } from './write.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html */
const SETTING_PREFIX = 'ttl~';
/** DynamoDB leaves items alone whose time lies longer ago: they are taken for a mistake. */
const OLDEST_SECONDS = 5 * 365 * 24 * 60 * 60;

interface Setting {
  readonly table: string;
  readonly attribute: string;
}

export async function updateTimeToLive(store: Store, input: Json): Promise<Json> {
  const table = String(input['TableName']);
  const specification = input['TimeToLiveSpecification'] as { AttributeName?: string; Enabled?: boolean } | undefined;
  if (typeof specification?.AttributeName !== 'string' || typeof specification.Enabled !== 'boolean') {
    throw new AwsError('ValidationException', 'TimeToLiveSpecification needs AttributeName and Enabled');
  }
  await promised((done) => store.getTable(table, true, done));
  const key = SETTING_PREFIX + table;
  const setting: Setting = { table, attribute: specification.AttributeName };
  await promised<void>((done) =>
    store.db.batch([specification.Enabled ? { type: 'put', key, value: setting } : { type: 'del', key }], done),
  );
  return { TimeToLiveSpecification: specification };
}

export async function describeTimeToLive(store: Store, input: Json): Promise<Json> {
  const table = String(input['TableName']);
  await promised((done) => store.getTable(table, false, done));
  for await (const setting of settings(store)) {
    if (setting.table !== table) continue;
    return { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: setting.attribute } };
  }
  return { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } };
}

/** Deletes what has expired at `now` (milliseconds) and returns how many items that were. */
export async function deleteExpired(store: Store, now: number): Promise<number> {
  let deleted = 0;
  for await (const { table, attribute } of settings(store)) {
    const keyNames = await keyNamesOf(store, table);
    const prefix = `item-${table}~`;
    for await (const [, value] of store.db.iterator({ gte: prefix, lt: `${prefix}\uffff` })) {
      const item = value as Item;
      const seconds = Number(item[attribute]?.['N'] ?? NaN);
      if (!(seconds <= now / 1000 && seconds > now / 1000 - OLDEST_SECONDS)) continue;
      if (await deleteUnchanged(store, table, attribute, item, keyNames)) deleted += 1;
    }
  }
  return deleted;
}

/** An item whose time was moved forward since it was read stays. */
async function deleteUnchanged(
  store: Store,
  table: string,
  attribute: string,
  item: Item,
  keyNames: readonly string[],
): Promise<boolean> {
  const write = await prepareWrite(store, 'DeleteItem', {
    TableName: table,
    Key: Object.fromEntries(keyNames.map((name) => [name, item[name]])),
    ConditionExpression: '#time = :time',
    ExpressionAttributeNames: { '#time': attribute },
    ExpressionAttributeValues: { ':time': item[attribute] },
  });
  const [outcome] = await writeTogether(store, [write]);
  return outcome?.refused === false;
}

async function keyNamesOf(store: Store, table: string): Promise<readonly string[]> {
  const { KeySchema } = await promised<{ KeySchema: readonly { AttributeName: string }[] }>((done) =>
    store.getTable(table, false, done),
  );
  return KeySchema.map(({ AttributeName }) => AttributeName);
}

async function* settings(store: Store): AsyncGenerator<Setting> {
  for await (const [, value] of store.db.iterator({ gte: SETTING_PREFIX, lt: `${SETTING_PREFIX}\uffff` })) {
    yield value as Setting;
  }
}
