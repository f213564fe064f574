import * as sdk from '@aws-sdk/client-dynamodb';
import { CREDENTIALS, eventually, TestServices } from './services.ts';

const services = new TestServices();
const TableName = 'things';
let dynamodb: sdk.DynamoDBClient;

const connect = (endpoint: string) => new sdk.DynamoDBClient({ ...CREDENTIALS, endpoint });
const put = (pk: string, more: Record<string, sdk.AttributeValue> = {}) =>
  dynamodb.send(new sdk.PutItemCommand({ TableName, Item: { pk: { S: pk }, ...more } }));
const get = async (pk: string) =>
  (await dynamodb.send(new sdk.GetItemCommand({ TableName, Key: { pk: { S: pk } }, ConsistentRead: true }))).Item;
const byColour = async (colour: string) => {
  const answer = await dynamodb.send(
    new sdk.QueryCommand({
      TableName,
      IndexName: 'colours',
      KeyConditionExpression: 'colour = :colour',
      ExpressionAttributeValues: { ':colour': { S: colour } },
    }),
  );
  return answer.Items?.map(({ pk }) => pk?.S);
};

beforeAll(async () => {
  dynamodb = connect((await services.start()).dynamodb);
  await dynamodb.send(
    new sdk.CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'colour', AttributeType: 'S' },
      ],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'colours',
          KeySchema: [{ AttributeName: 'colour', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
});
afterAll(() => services.end());

test('a table can be used as soon as it was made', async () => {
  await put('first', { n: { N: '1' } });
  expect(await get('first')).toEqual({ pk: { S: 'first' }, n: { N: '1' } });
});

test('a condition that fails gives back the item that stood in the way', async () => {
  await put('taken', { by: { S: 'me' } });
  const refused = dynamodb.send(
    new sdk.PutItemCommand({
      TableName,
      Item: { pk: { S: 'taken' } },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  );
  await expect(refused).rejects.toMatchObject({
    name: 'ConditionalCheckFailedException',
    Item: { pk: { S: 'taken' }, by: { S: 'me' } },
  });
});

test('a sparse index follows the attribute that it is made of', async () => {
  await put('leaf', { colour: { S: 'green' } });
  expect(await byColour('green')).toEqual(['leaf']);
  const key = { TableName, Key: { pk: { S: 'leaf' } } };
  await dynamodb.send(new sdk.UpdateItemCommand({ ...key, UpdateExpression: 'REMOVE colour' }));
  expect(await byColour('green')).toEqual([]);
});

test('of 100 that put an item at once if there is none, one wins', async () => {
  const attempts = Array.from({ length: 100 }, (_, n) =>
    dynamodb.send(
      new sdk.PutItemCommand({
        TableName,
        Item: { pk: { S: 'race' }, n: { N: `${n}` } },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    ),
  );
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('an item over 400 KB is refused', async () => {
  await expect(put('large', { text: { S: 'x'.repeat(400 * 1024) } })).rejects.toMatchObject({
    name: 'ValidationException',
  });
});

describe('a transaction', () => {
  test('writes all of it', async () => {
    await put('counter', { n: { N: '1' } });
    await dynamodb.send(
      new sdk.TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item: { pk: { S: 'made' }, colour: { S: 'blue' } } } },
          {
            Update: {
              TableName,
              Key: { pk: { S: 'counter' } },
              UpdateExpression: 'SET n = n + :one',
              ExpressionAttributeValues: { ':one': { N: '1' } },
            },
          },
        ],
      }),
    );
    expect(await get('counter')).toEqual({ pk: { S: 'counter' }, n: { N: '2' } });
    expect(await byColour('blue')).toEqual(['made']);
  });

  test('writes nothing when one condition fails, and says which and why', async () => {
    await put('owned', { owner: { S: 'you' } });
    const cancelled = dynamodb.send(
      new sdk.TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item: { pk: { S: 'never' } } } },
          {
            ConditionCheck: {
              TableName,
              Key: { pk: { S: 'owned' } },
              ConditionExpression: '#owner = :me',
              ExpressionAttributeNames: { '#owner': 'owner' },
              ExpressionAttributeValues: { ':me': { S: 'me' } },
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
        ],
      }),
    );
    await expect(cancelled).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Item: { pk: { S: 'owned' }, owner: { S: 'you' } } },
      ],
    });
    expect(await get('never')).toBeUndefined();
    expect(await get('owned')).toEqual({ pk: { S: 'owned' }, owner: { S: 'you' } });
  });

  test('is written once when it is sent twice with one token, also over a crash', async () => {
    await put('paid', { n: { N: '0' } });
    const transaction = (n: string) =>
      new sdk.TransactWriteItemsCommand({
        ClientRequestToken: 'token-1',
        TransactItems: [
          {
            Update: {
              TableName,
              Key: { pk: { S: 'paid' } },
              UpdateExpression: 'ADD n :n',
              ExpressionAttributeValues: { ':n': { N: n } },
            },
          },
        ],
      });
    await dynamodb.send(transaction('1'));
    await dynamodb.send(transaction('1'));
    dynamodb = connect((await services.restart()).dynamodb);
    await dynamodb.send(transaction('1'));
    expect((await get('paid'))?.['n']).toEqual({ N: '1' });
    await expect(dynamodb.send(transaction('2'))).rejects.toMatchObject({
      name: 'IdempotentParameterMismatchException',
    });
  });

  test('can’t write one item twice', async () => {
    const Put = { TableName, Item: { pk: { S: 'twice' } } };
    const twice = new sdk.TransactWriteItemsCommand({ TransactItems: [{ Put }, { Put }] });
    await expect(dynamodb.send(twice)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('loses nothing to others that run at the same time', async () => {
    await put('total', { n: { N: '0' } });
    await put('other', { n: { N: '0' } });
    const add = (pk: string) => ({
      Update: {
        TableName,
        Key: { pk: { S: pk } },
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      },
    });
    const order = (n: number) => (n % 2 === 0 ? ['total', 'other'] : ['other', 'total']);
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        dynamodb.send(new sdk.TransactWriteItemsCommand({ TransactItems: order(n).map(add) })),
      ),
    );
    expect([(await get('total'))?.['n'], (await get('other'))?.['n']]).toEqual([{ N: '40' }, { N: '40' }]);
  });
});

test('an item whose time has come is deleted, one whose time has not stays', async () => {
  const inOneHour = Math.floor(Date.now() / 1000) + 3600;
  await dynamodb.send(
    new sdk.UpdateTimeToLiveCommand({
      TableName,
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    }),
  );
  await put('mayfly', { expiresAt: { N: `${inOneHour}` }, colour: { S: 'grey' } });
  await put('oak', { expiresAt: { N: `${inOneHour * 2}` } });
  dynamodb = connect((await services.restart({ clockOffsetMs: 3_700_000, sweepEveryMs: 20 })).dynamodb);
  expect(await eventually(async () => ((await get('mayfly')) === undefined ? 'gone' : undefined))).toBe('gone');
  expect(await byColour('grey')).toEqual([]);
  expect(await get('oak')).toBeDefined();
  const described = await dynamodb.send(new sdk.DescribeTimeToLiveCommand({ TableName }));
  expect(described.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
});
