import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hookgate } from './process.ts';

let data: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'hookgate-none-'));
});

afterEach(() => rmSync(data, { recursive: true, force: true }));

const NOT_RUNNING = 'Hookgate is not running here: start it with `npm start`, or name a stage with --stage.\n';

test.each(['send scalekit organization.created', 'secret show scalekit', 'events', 'show scalekit evt_1'])(
  'without a host `%s` says how to start one',
  async (args) => {
    const ended = await hookgate(args.split(' '), { env: { HOOKGATE_DATA: data } });
    expect(ended).toEqual({ code: 1, stdout: '', stderr: NOT_RUNNING });
  },
);

test.each(['secret show scalekit', 'events'])('a host that was killed is not running either: `%s`', async (args) => {
  const endpoint = 'http://127.0.0.1:1';
  const host = {
    url: endpoint,
    stage: 'local',
    endpoints: { secretsmanager: endpoint, sqs: endpoint, cloudwatch: endpoint, lambda: endpoint },
  };
  writeFileSync(join(data, 'host.json'), JSON.stringify(host));
  const ended = await hookgate(args.split(' '), { env: { HOOKGATE_DATA: data } });
  expect(ended).toEqual({ code: 1, stdout: '', stderr: NOT_RUNNING });
});

test('a file of the host that is not its own is said in one sentence', async () => {
  writeFileSync(join(data, 'host.json'), '{"url":');
  const ended = await hookgate(['events'], { env: { HOOKGATE_DATA: data } });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toBe(
    `${join(data, 'host.json')} is not what the local host writes: start it anew with \`npm start\`.\n`,
  );
});

test('what is known of a provider needs no host: how it signs, and how it is told to go on sending', async () => {
  const sns = await hookgate(['providers', 'aws-sns']);
  expect(sns.stdout).toMatch(/^confirmation +SubscriptionConfirmation is an event: a processor answers it/m);
  const messagebird = await hookgate(['providers', 'messagebird']);
  expect(messagebird.stdout).toMatch(/^algorithm +HS256 or HS384 or HS512$/m);
  expect(messagebird.stdout).not.toMatch(/^confirmation/m);
});

test('help is no error', async () => {
  const ended = await hookgate(['--help']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout).toContain('Exit codes: 0 done, 1 refused or failed, 2 usage.');
});
