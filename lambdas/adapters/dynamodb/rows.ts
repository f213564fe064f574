import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb';

export type RowKey = {
  readonly pk: { readonly S: string };
  readonly sk: { readonly S: string };
};

type Row = Record<string, AttributeValue>;

/** A row as it is now; undefined when there is none. */
export type ReadRow = (key: RowKey) => Promise<Row | undefined>;

export function readOneByOne(client: DynamoDBClient, tableName: string): ReadRow {
  return async (key) => {
    const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }));
    return Item;
  };
}

/**
 * Reads that begin in one moment, as those of a batch do, go in one request: most of what a read costs is the request.
 * What DynamoDB leaves out of a full answer (`UnprocessedKeys`) is read by itself. For no more than the 100 rows that a
 * request may name.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
export function readTogether(client: DynamoDBClient, tableName: string): ReadRow {
  const readOne = readOneByOne(client, tableName);
  /** By name: a key must not be in a request twice. */
  let waiting = new Map<string, RowKey>();
  let reading: Promise<ReadonlyMap<string, Row | undefined>> | undefined;

  async function read(keys: ReadonlyMap<string, RowKey>): Promise<ReadonlyMap<string, Row | undefined>> {
    const [only, another] = keys.values();
    if (only && !another) return new Map([[nameOf(only), await readOne(only)]]);
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: [...keys.values()], ConsistentRead: true } } }),
    );
    const rows = new Map((Responses?.[tableName] ?? []).map((row): [string, Row | undefined] => [nameOf(row), row]));
    const left = (UnprocessedKeys?.[tableName]?.Keys ?? []).flatMap((key) => keys.get(nameOf(key)) ?? []);
    await Promise.all(left.map(async (key) => rows.set(nameOf(key), await readOne(key))));
    return rows;
  }

  return async (key) => {
    const name = nameOf(key);
    waiting.set(name, key);
    reading ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      const keys = waiting;
      waiting = new Map();
      reading = undefined;
      return read(keys);
    });
    return (await reading).get(name);
  };
}

function nameOf({ pk, sk }: Readonly<Record<string, AttributeValue>>): string {
  return `${sk?.S} ${pk?.S}`;
}
