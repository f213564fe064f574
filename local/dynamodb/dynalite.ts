import { createRequire } from 'node:module';
import type { Json } from '../aws/json-server.ts';

/**
 * The parts of dynalite 4.0.0 (https://github.com/architect/dynalite) that Hookgate runs: its expression engine, its
 * validation and its storage. Its HTTP server is left out: it can't be given more actions, and its writes of an item
 * and of the item's index entries are separate, so a killed process could leave an index that disagrees.
 */
const load = createRequire(import.meta.url);

export type AttributeValue = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, AttributeValue>>;

export interface TableDescription {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly { readonly AttributeName: string }[];
}

export type Callback<T> = (error: unknown, value?: T) => void;

/** Rows of one table or one index. */
export interface Rows {
  get(key: string, done: Callback<Item>): void;
  put(key: string, value: unknown, done: Callback<void>): void;
  del(key: string, done: Callback<void>): void;
  /** Runs `critical` alone for this key; it must wrap its callback in `release`. */
  lock(key: string, critical: (release: <F extends Callback<never>>(done?: F) => F) => void): void;
}

export type Operation = { type: 'put'; key: string; value: unknown } | { type: 'del'; key: string };

/** The LevelDB database below: https://github.com/Level/classic-level */
export interface Level {
  open(): Promise<void>;
  batch(operations: readonly Operation[], done: Callback<void>): void;
  getSync(key: string): unknown;
  iterator(range: { gte: string; lt: string }): AsyncIterable<[string, unknown]>;
}

export interface Store {
  readonly options: Readonly<Record<string, unknown>>;
  readonly db: Level & { close(done: Callback<void>): void };
  getTable(name: string, checkStatus: boolean, done: Callback<TableDescription>): void;
  getItemDb(table: string): Rows;
  getIndexDb(kind: string, table: string, index: string): Rows;
  /** Ours: the table changed, read it again. */
  forgetTable?(name: string): void;
}

type RunAction = (store: Store, data: Json, done: Callback<Json>) => void;

interface Validation {
  readonly types: unknown;
  readonly custom?: unknown;
}

interface Validations {
  checkTypes(data: Json, types: unknown): Json;
  checkValidations(data: Json, types: unknown, custom: unknown, store: Store): void;
}

interface Database {
  create(options: { path?: string; createTableMs: number; deleteTableMs: number; updateTableMs: number }): Store;
  createKey(item: Item, table: TableDescription): string;
  validateKey(key: Item, table: TableDescription): Error | undefined | null;
  validateItem(item: Item, table: TableDescription): Error | undefined | null;
}

export const database = load('dynalite/db') as Database;
const validations = load('dynalite/validations') as Validations;

/** The actions that dynalite runs as they are; the writes among them run inside `write.ts`. */
const ACTIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
  'UpdateTable',
] as const;
export type DynaliteAction = (typeof ACTIONS)[number];
export const DYNALITE_ACTIONS: readonly DynaliteAction[] = ACTIONS;

const modules = new Map(
  ACTIONS.map((name) => {
    const file = name.charAt(0).toLowerCase() + name.slice(1);
    return [
      name,
      {
        run: load(`dynalite/actions/${file}`) as RunAction,
        validation: load(`dynalite/validations/${file}`) as Validation,
      },
    ] as const;
  }),
);

function moduleOf(action: DynaliteAction): { run: RunAction; validation: Validation } {
  const found = modules.get(action);
  if (!found) throw new Error(`dynalite has no action ${action}`);
  return found;
}

/** Checks a request as DynamoDB does and parses its expressions; throws dynalite's error with `body` and `statusCode`. */
export function validate(store: Store, action: DynaliteAction, input: Json): Json {
  const { validation } = moduleOf(action);
  const data = validations.checkTypes(input, validation.types);
  validations.checkValidations(data, validation.types, validation.custom, store);
  return data;
}

/** Runs a validated request. */
export function run(store: Store, action: DynaliteAction, data: Json): Promise<Json> {
  return promised((done) => moduleOf(action).run(store, data, done));
}

/** Turns one call in the callback style into a promise. */
export function promised<T>(call: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error) reject(error instanceof Error ? error : new Error('dynalite failed', { cause: error }));
      else resolve(value as T);
    });
  });
}
