import { dynamoAdmissions } from '../../lambdas/adapters/dynamodb/admissions.ts';
import { openDynalite, type TableUnderTest } from './stores.ts';

const MINUTE = Date.UTC(2026, 10, 22, 12, 5);

let table: TableUnderTest;

beforeAll(async () => {
  table = await openDynalite();
});

afterAll(() => table.close());

test('each container hears what all have admitted, by source and minute', async () => {
  const [one, another] = [1, 2].map(() => dynamoAdmissions(table.client, table.tableName));
  expect(await one?.add('stripe', MINUTE, 7)).toBe(7);
  expect(await another?.add('stripe', MINUTE, 5)).toBe(12);
  expect(await another?.add('github', MINUTE, 1)).toBe(1);
  expect(await one?.add('stripe', MINUTE + 60_000, 2)).toBe(2);
  expect(await one?.add('stripe', MINUTE, 1)).toBe(13);
});
