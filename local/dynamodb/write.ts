import type { Json } from '../aws/json-server.ts';
import {
  database,
  promised,
  run,
  type Item,
  type Operation,
  type Rows,
  type Store,
  type TableDescription,
  validate,
} from './dynalite.ts';

/** One item's write of a request, checked and parsed. */
export interface Write {
  readonly action: 'PutItem' | 'UpdateItem' | 'DeleteItem';
  readonly table: string;
  /** Where the item lives in its table's rows. */
  readonly key: string;
  readonly data: Json;
  /** A `ConditionCheck` of a transaction: its condition counts, nothing is written. */
  readonly checkOnly: boolean;
  /** `ReturnValuesOnConditionCheckFailure: ALL_OLD`: the caller wants to see the item that refused it. */
  readonly returnOld: boolean;
}

export type Outcome =
  | { readonly refused: false; readonly answer: Json; readonly operations: readonly Operation[] }
  | { readonly refused: true; readonly error: unknown; readonly existing: Item | undefined };

/** Checks one write as DynamoDB does; throws dynalite's error when it is malformed. */
export async function prepareWrite(
  store: Store,
  action: Write['action'],
  input: Json,
  checkOnly = false,
): Promise<Write> {
  // Read first: dynalite's validation removes members it doesn't know.
  const returnOld = input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD';
  const data = validate(store, action, input);
  const table = String(data['TableName']);
  const description = await promised<TableDescription>((done) => store.getTable(table, true, done));
  const item = (action === 'PutItem' ? data['Item'] : data['Key']) as Item;
  const invalid =
    action === 'PutItem' ? database.validateItem(item, description) : database.validateKey(item, description);
  if (invalid) throw invalid;
  return {
    action,
    table,
    key: database.createKey(item, description),
    data,
    checkOnly,
    returnOld,
  };
}

/**
 * Runs writes on different items as one: all conditions are evaluated under the items' locks, then everything (items and
 * their index entries) goes to disk in one LevelDB batch, or nothing does. `also` joins the batch.
 */
export async function writeTogether(
  store: Store,
  writes: readonly Write[],
  also: readonly Operation[] = [],
): Promise<readonly Outcome[]> {
  const release = await lockAll(store, writes);
  try {
    const outcomes: Outcome[] = [];
    for (const write of writes) outcomes.push(await attempt(store, write));
    if (outcomes.some((outcome) => outcome.refused)) return outcomes;
    const operations = outcomes.flatMap((outcome) => (outcome.refused ? [] : outcome.operations));
    const batch = [...operations, ...also];
    if (batch.length > 0) await promised<void>((done) => store.db.batch(batch, done));
    return outcomes;
  } finally {
    release();
  }
}

/** Lets dynalite compute one write without letting it write: what it would store is collected. */
async function attempt(store: Store, write: Write): Promise<Outcome> {
  const operations: Operation[] = [];
  let existing: Item | undefined;
  const collect = (name: string, rows: Rows): Rows => ({
    get: (key, done) =>
      rows.get(key, (error, item) => {
        existing = item;
        done(error, item);
      }),
    put: (key, value, done) => {
      operations.push({ type: 'put', key: `${name}~${key}`, value });
      done(null);
    },
    del: (key, done) => {
      operations.push({ type: 'del', key: `${name}~${key}` });
      done(null);
    },
    lock: (_key, critical) => critical((done) => done as NonNullable<typeof done>),
  });
  const collecting: Store = {
    ...store,
    getItemDb: (table) => collect(`item-${table}`, store.getItemDb(table)),
    getIndexDb: (kind, table, index) =>
      collect(`index-${kind.toLowerCase()}~${table}~${index}`, store.getIndexDb(kind, table, index)),
  };
  try {
    const answer = await run(collecting, write.action, write.data);
    return { refused: false, answer, operations: write.checkOnly ? [] : operations };
  } catch (error) {
    return { refused: true, error, existing };
  }
}

/** Takes every item's lock, always in the same order so that two transactions can't wait for each other. */
async function lockAll(store: Store, writes: readonly Write[]): Promise<() => void> {
  const releases: (() => void)[] = [];
  const ordered = [...writes].sort((a, b) => compare(`${a.table}~${a.key}`, `${b.table}~${b.key}`));
  for (const { table, key } of ordered) {
    await new Promise<void>((resolve) => {
      store.getItemDb(table).lock(key, (release) => {
        releases.push(release(() => undefined));
        resolve();
      });
    });
  }
  return () => releases.forEach((release) => release());
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
