import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetIPSetCommand, UpdateIPSetCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { wafIpSets } from '../../lambdas/adapters/waf-ip-sets.ts';
import type { RunningService } from '../../local/aws/json-server.ts';
import { Guard } from '../../local/iam/guard.ts';
import { startIpSetsApi } from '../../local/waf/ip-sets-api.ts';
import { credentials } from '../support/provider.ts';

const PREFIX = 'arn:aws:wafv2:us-east-1:000000000000:regional/ipset/';
const ARN = `${PREFIX}Github4`;
const SET = 'Github4|Github4|REGIONAL';
const name = { Name: 'Github4', Id: 'Github4', Scope: 'REGIONAL' } as const;

let folder: string;
let api: RunningService;
let client: WAFV2Client;
let sets: Map<string, readonly string[]>;

async function start(template: readonly string[]): Promise<void> {
  sets = new Map([[ARN, template]]);
  api = await startIpSetsApi({ sets, arnPrefix: PREFIX, path: join(folder, 'ip-sets.json'), guard: new Guard() });
  client = new WAFV2Client({ endpoint: api.url, region: 'us-east-1', credentials, maxAttempts: 1 });
}

async function stop(): Promise<void> {
  client.destroy();
  await api.close();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hookgate-ip-sets-'));
  await start(['192.30.252.0/22']);
});

afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a set is read as the template has it, and replaced under its lock token', async () => {
  const adapter = wafIpSets(client);
  const { addresses, token } = await adapter.read(SET);
  expect(addresses).toEqual(['192.30.252.0/22']);
  expect(await adapter.replace(SET, ['140.82.112.0/20'], token)).toBe(true);
  expect(await adapter.read(SET)).toMatchObject({ addresses: ['140.82.112.0/20'] });
  expect(sets.get(ARN)).toEqual(['140.82.112.0/20']);
});

test('whoever read before somebody else’s change is refused', async () => {
  const adapter = wafIpSets(client);
  const { token } = await adapter.read(SET);
  await adapter.replace(SET, ['140.82.112.0/20'], token);
  expect(await adapter.replace(SET, ['3.0.0.1/32'], token)).toBe(false);
  expect(sets.get(ARN)).toEqual(['140.82.112.0/20']);
});

test('a replaced set stays so over a restart, until the template gives it other addresses', async () => {
  const adapter = wafIpSets(client);
  await adapter.replace(SET, ['140.82.112.0/20'], (await adapter.read(SET)).token);
  await stop();
  await start(['192.30.252.0/22']);
  expect(sets.get(ARN)).toEqual(['140.82.112.0/20']);
  await stop();
  await start(['185.199.108.0/22']);
  expect(sets.get(ARN)).toEqual(['185.199.108.0/22']);
});

test.each(['0.0.0.0/0', '::/0', '192.0.2.0', '192.0.2.0/33', 'example.com/24'])('%s is refused', async (address) => {
  const { LockToken } = await client.send(new GetIPSetCommand(name));
  const update = new UpdateIPSetCommand({ ...name, Addresses: [address], LockToken });
  await expect(client.send(update)).rejects.toMatchObject({ name: 'WAFInvalidParameterException' });
});

test('a set that is not there is named so', async () => {
  const read = new GetIPSetCommand({ ...name, Id: 'Other' });
  await expect(client.send(read)).rejects.toMatchObject({ name: 'WAFNonexistentItemException' });
});
