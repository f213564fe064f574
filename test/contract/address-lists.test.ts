import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { dynamoAllowlists } from '../../lambdas/adapters/dynamodb/allowlists.ts';
import { jsonRow } from '../../lambdas/adapters/dynamodb/json-row.ts';
import { wafIpSets } from '../../lambdas/adapters/waf-ip-sets.ts';
import { digestOf } from '../../lambdas/core/addresses/allowlist.ts';
import { type Blocklist, keepBlocklist } from '../../lambdas/core/addresses/blocklist.ts';
import { follow, type FollowedList } from '../../lambdas/core/addresses/follow.ts';
import { BLOCKLIST_KEY } from '../../lambdas/core/table.ts';
import type { RunningService } from '../../local/aws/json-server.ts';
import { Guard } from '../../local/iam/guard.ts';
import { startIpSetsApi } from '../../local/waf/ip-sets-api.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { credentials } from '../support/provider.ts';
import { openDynalite, type TableUnderTest } from './stores.ts';

const PREFIX = 'arn:aws:wafv2:us-east-1:000000000000:regional/ipset/';
const SETS = ['Github4', 'Github6', 'Blocked4', 'Blocked6'];
const refOf = (id: string) => `${id}|${id}|REGIONAL`;
const github: FollowedList = {
  provider: 'github',
  list: { url: 'https://lists.example.com/meta', in: { array: ['hooks'] } },
  declared: [],
  sets: { IPV4: refOf('Github4'), IPV6: refOf('Github6') },
};

const clock = new ManualClock(1_795_334_400_000);
const sets = new Map<string, readonly string[]>(SETS.map((id) => [PREFIX + id, []]));
let folder: string;
let table: TableUnderTest;
let dynamo: DynamoDBClient;
let waf: RunningService;
let wafClient: WAFV2Client;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hookgate-lists-'));
  table = await openDynalite();
  dynamo = table.client;
  waf = await startIpSetsApi({ sets, arnPrefix: PREFIX, path: join(folder, 'sets.json'), guard: new Guard() });
  wafClient = new WAFV2Client({ endpoint: waf.url, region: 'us-east-1', credentials, maxAttempts: 1 });
});

afterAll(async () => {
  wafClient.destroy();
  await waf.close();
  await table.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a published list comes into the sets of AWS WAF; a large change waits for a person, and is applied then', async () => {
  const allowlists = dynamoAllowlists(dynamo, table.tableName);
  const reports: string[] = [];
  let hooks = ['192.30.252.0/22', '185.199.108.0/22', '2a0a:a440::/29'];
  const run = () =>
    follow([github], {
      allowlists,
      sets: wafIpSets(wafClient),
      fetch: () => Promise.resolve(JSON.stringify({ hooks })),
      clock,
      report: (_, { kind }) => reports.push(kind),
    });
  expect(await run()).toBe(0);
  expect(sets.get(`${PREFIX}Github4`)).toEqual(['185.199.108.0/22', '192.30.252.0/22']);
  expect(sets.get(`${PREFIX}Github6`)).toEqual(['2a0a:a440::/29']);

  hooks = ['9.234.98.160/28'];
  clock.advance(60 * 60_000);
  await run();
  expect(sets.get(`${PREFIX}Github4`)).toEqual(['185.199.108.0/22', '192.30.252.0/22']);

  const seen = await allowlists.read('github');
  if (!seen) throw new Error('Nothing was kept.');
  const approved = { digest: digestOf(hooks), by: 'ada' };
  expect(await allowlists.change('github', seen, { ...seen, revision: seen.revision + 1, approved })).toBe(true);
  expect(await allowlists.change('github', seen, { ...seen, revision: seen.revision + 1 })).toBe(false);
  await run();
  expect(sets.get(`${PREFIX}Github4`)).toEqual(['9.234.98.160/28']);
  expect(sets.get(`${PREFIX}Github6`)).toEqual([]);
  expect(reports).toEqual(['applied', 'drift', 'applied']);
});

test('an address that fails is in the block set for ten minutes, then not', async () => {
  const address = '203.0.113.9';
  const run = (failures: number) =>
    keepBlocklist(
      Array.from({ length: failures }, () => ({ address, reason: 'malformed-signature', at: clock.now() })),
      {
        ...jsonRow<Blocklist>(dynamo, table.tableName, BLOCKLIST_KEY),
        sets: wafIpSets(wafClient),
        setNames: { IPV4: refOf('Blocked4'), IPV6: refOf('Blocked6') },
        allowed: () => Promise.resolve([]),
        clock,
      },
    );
  // Runs at once, as several containers write lines at once: each failure counts.
  await Promise.all([run(5), run(5)]);
  await run(0);
  expect(sets.get(`${PREFIX}Blocked4`)).toEqual(['203.0.113.9/32']);
  clock.advance(10 * 60_000);
  expect(await run(0)).toEqual({ added: [], released: [address], count: 0 });
  expect(sets.get(`${PREFIX}Blocked4`)).toEqual([]);
});
