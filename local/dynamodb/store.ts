import { database, type Item, promised, type Store, type TableDescription } from './dynalite.ts';

/**
 * Opens dynalite's store with quick reads: the description of a table stays in memory, and a row is read on this thread.
 * A read is microseconds in LevelDB, but a millisecond by way of the thread pool when both cores are busy.
 */
export async function openStore(path: string | undefined): Promise<Store> {
  const store = database.create({
    ...(path !== undefined && { path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  await store.db.open();
  const tables = new Map<string, TableDescription>();
  return {
    ...store,
    getTable: (name, checkStatus, done) => {
      // dynalite also calls it with two arguments: name and callback.
      const callback = typeof checkStatus === 'function' ? (checkStatus as typeof done) : done;
      const known = tables.get(name);
      if (known) return callback(null, known);
      store.getTable(name, typeof checkStatus === 'function' ? true : checkStatus, (error, table) => {
        if (table?.TableStatus === 'ACTIVE') tables.set(name, table);
        callback(error, table);
      });
    },
    getItemDb: (table) => ({
      ...store.getItemDb(table),
      get: (key, done) => done(null, store.db.getSync(`item-${table}~${key}`) as Item | undefined),
    }),
    forgetTable: (name) => tables.delete(name),
  };
}

/** Waits until a new or changed table can be used: dynalite says ACTIVE one timer tick later. */
export async function whenActive(store: Store, table: string): Promise<void> {
  store.forgetTable?.(table);
  for (let tries = 0; tries < 100; tries += 1) {
    const description = await promised<TableDescription>((done) => store.getTable(table, false, done));
    if (description.TableStatus === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
