import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  type TransactWriteItem,
  type GlobalSecondaryIndex,
} from '@aws-sdk/client-dynamodb';

type Item = Record<string, AttributeValue>;

interface Touched {
  readonly TableName: string;
  readonly Key: Item;
}

/** The table that is watched, as its template describes it. */
export interface Watched {
  readonly name: string;
  readonly indexes: readonly GlobalSecondaryIndex[];
}

/**
 * Counts the write units of what one client writes to a table, call by call, from the items before and after it.
 *
 * A write is a unit for each KB of the larger of both, in a transaction two. An index entry that comes, goes or changes
 * is one for each KB; one whose key changes goes and comes.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html#write-operation-consumption
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 *
 * @param reader another client, so that its reads are not seen
 * @returns what was counted so far: `['PutItem META 1', 'PutItem events 1']`
 */
export function countWriteUnits(client: DynamoDBClient, reader: DynamoDBClient, watched: Watched): readonly string[] {
  const counted: string[] = [];
  const read = async ({ TableName, Key }: Touched) => {
    const { Item: item } = await reader.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    return item;
  };
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const action = commandName.replace(/Command$/, '');
        const touched = touchedBy(action, args.input).filter(({ TableName }) => TableName === watched.name);
        const before = await Promise.all(touched.map(read));
        const answer = await next(args);
        for (const [at, write] of touched.entries()) {
          const [old, now] = [before[at], await read(write)];
          const kilobytes = Math.ceil(Math.max(sizeOf(old), sizeOf(now), 1) / 1024);
          const row = write.Key.sk?.S?.split('#')[0] ?? '';
          counted.push(`${action} ${row} ${kilobytes * (action.startsWith('Transact') ? 2 : 1)}`);
          for (const index of watched.indexes) {
            const units = indexUnits(index, old, now);
            if (units > 0) counted.push(`${action} ${index.IndexName} ${units}`);
          }
        }
        return answer;
      },
    { step: 'initialize' },
  );
  return counted;
}

export function sumOf(counted: readonly string[]): number {
  return counted.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

function touchedBy(action: string, input: object): readonly Touched[] {
  if (action === 'PutItem') return [put(input as { TableName: string; Item: Item })];
  if (action === 'UpdateItem') return [input as Touched];
  if (action !== 'TransactWriteItems') return [];
  const { TransactItems } = input as { TransactItems: readonly TransactWriteItem[] };
  return TransactItems.flatMap(({ Put, Update, Delete }) =>
    Put ? [put(Put as { TableName: string; Item: Item })] : [(Update ?? Delete) as Touched],
  );
}

function put({ TableName, Item: { pk, sk, id } }: { readonly TableName: string; readonly Item: Item }): Touched {
  const Key: Item = pk && sk ? { pk, sk } : id ? { id } : {};
  return { TableName, Key };
}

function indexUnits(index: GlobalSecondaryIndex, before: Item | undefined, after: Item | undefined): number {
  const [old, now] = [entryOf(index, before), entryOf(index, after)];
  if (!old && !now) return 0;
  if (!old || !now) return unitsOf(old ?? now);
  const keys = namesOf(index);
  if (keys.some((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))) return unitsOf(old) + unitsOf(now);
  return JSON.stringify(sorted(old)) === JSON.stringify(sorted(now)) ? 0 : Math.max(unitsOf(old), unitsOf(now));
}

/** What the index projects of an item that it holds. */
function entryOf(index: GlobalSecondaryIndex, item: Item | undefined): Item | undefined {
  const keys = namesOf(index);
  if (!item || keys.some((name) => !item[name])) return undefined;
  if (index.Projection?.ProjectionType === 'ALL') return item;
  return Object.fromEntries(['pk', 'sk', ...keys].flatMap((name) => (item[name] ? [[name, item[name]]] : [])));
}

function namesOf(index: GlobalSecondaryIndex): readonly string[] {
  return (index.KeySchema ?? []).flatMap(({ AttributeName }) => AttributeName ?? []);
}

function sorted(item: Item): readonly unknown[] {
  return Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1));
}

function unitsOf(item: Item | undefined): number {
  return Math.ceil(sizeOf(item) / 1024);
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function sizeOf(item: Item | undefined): number {
  let bytes = 0;
  for (const [name, { S, N, B, BOOL }] of Object.entries(item ?? {})) {
    bytes += Buffer.byteLength(name);
    if (S !== undefined) bytes += Buffer.byteLength(S);
    else if (N !== undefined) bytes += Math.ceil(N.replace(/\D/g, '').length / 2) + 1;
    else if (B !== undefined) bytes += B.length;
    else if (BOOL !== undefined) bytes += 1;
    else throw new Error(`${name} is of a type that the table has not`);
  }
  return bytes;
}
