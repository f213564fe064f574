import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonClient } from '../../local/aws/json-client.ts';
import type { HostFile } from '../../local/data-folder.ts';
import { type Ended, eventually, hookgate, type RunningHost, startLocalHost } from './process.ts';

let host: RunningHost;
const run = (line: string): Promise<Ended> => hookgate(line.split(' '), { env: host.env });

interface Report {
  readonly wrong: number;
  readonly checks: readonly {
    readonly check: string;
    readonly state: string;
    readonly says: string;
    readonly mend?: string;
  }[];
}

async function doctor(): Promise<Report & { readonly code: number | null }> {
  const { code, stdout } = await run('doctor --json');
  return { code, ...(JSON.parse(stdout) as Report) };
}

beforeAll(async () => {
  host = await startLocalHost();
});

afterAll(() => host.stop());

test('a gateway that is well has nothing wrong, and every check is named', async () => {
  const { code, wrong, checks } = await doctor();

  expect(checks.filter(({ state }) => state === 'wrong')).toEqual([]);
  expect([code, wrong]).toEqual([0, 0]);
  expect([...new Set(checks.map(({ check }) => check))]).toEqual([
    'config',
    'template',
    'credentials',
    'account',
    'clock',
    'secrets',
    'mappings',
    'queues',
    'ledger',
    'alarms',
  ]);
});

test('a paused route is found, with what to do', async () => {
  expect((await run('pause inkress/payment-success --reason test')).code).toBe(0);
  const { code, checks } = await doctor();

  expect(checks.filter(({ check }) => check === 'mappings')).toEqual([
    {
      check: 'mappings',
      state: 'look',
      says: expect.stringMatching(/^inkress\/payment-success is paused since .*: 0 wait$/) as string,
      mend: 'run `npm run -s hookgate -- resume inkress/payment-success`',
    },
  ]);
  expect(code).toBe(0);
});

test('a mapping that somebody disabled is found', async () => {
  const { endpoints } = JSON.parse(readFileSync(join(host.env.HOOKGATE_DATA ?? '', 'host.json'), 'utf8')) as HostFile;
  const at = `${endpoints.lambda}/2015-03-31/event-source-mappings`;
  const { EventSourceMappings } = (await (await fetch(at)).json()) as {
    EventSourceMappings: readonly { UUID: string; EventSourceArn: string }[];
  };
  const queue = 'hookgate-local-skribby-status-update';
  const mapping = EventSourceMappings.find(({ EventSourceArn }) => EventSourceArn.endsWith(`:${queue}`));
  const enable = (Enabled: boolean) =>
    fetch(`${at}/${mapping?.UUID}`, { method: 'PUT', body: JSON.stringify({ Enabled }) });
  // The breaker controller sets it right within a minute; it may be this moment.
  const { code, found } = await eventually(
    async () => {
      await enable(false);
      const report = await doctor();
      const found = report.checks.filter(({ check, says }) => check === 'mappings' && says.includes('skribby'));
      return { code: report.code, found };
    },
    ({ found }) => found.length > 0,
  );
  await enable(true);

  expect(found).toEqual([
    {
      check: 'mappings',
      state: 'look',
      says: `the mapping of the queue ${queue} is Disabled`,
      mend: 'docs/runbook/mapping-drift.md',
    },
  ]);
  expect(code).toBe(0);
});

test('a secret that cannot be its provider’s is wrong', async () => {
  const { endpoints } = JSON.parse(readFileSync(join(host.env.HOOKGATE_DATA ?? '', 'host.json'), 'utf8')) as HostFile;
  const client = jsonClient(endpoints.secretsmanager, 'secretsmanager');
  await client.call('PutSecretValue', { SecretId: 'hookgate/local/scalekit', SecretString: 'whsec_!' });
  client.close();
  const { code, wrong, checks } = await doctor();
  const found = checks.filter(({ state }) => state === 'wrong');

  expect([code, wrong]).toEqual([1, found.length]);
  // Of what was disabled before, the alarm may ring by now: of that alone.
  expect(found.filter(({ says }) => !says.startsWith('mapping-drift-skribby-status-update rings'))).toEqual([
    {
      check: 'secrets',
      state: 'wrong',
      says: 'the secret of scalekit is not as scalekit writes its',
      mend: 'run `npm run -s hookgate -- secret set scalekit`',
    },
  ]);
});

test('nobody there is wrong, and says how to start it', async () => {
  const { code, stdout } = await hookgate(['doctor'], { env: { ...host.env, HOOKGATE_DATA: '/nowhere' } });

  expect(code).toBe(1);
  expect(stdout).toContain('Hookgate is not running here');
});
