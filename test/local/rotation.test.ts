import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { removeData, type RunningHost, startTestHost, until } from '../support/host.ts';
import { permissionsOf } from '../support/permissions.ts';
import { eventually } from './services.ts';

/** A rotation of GitHub's secret through the whole host, as an operator starts it: `hookgate secret rotate`. */
const ROOT = resolve(__dirname, '../..');
const TOKEN = 'github_pat_of_a_test';

let project: string;
let host: RunningHost;
let github: Server;
/** What GitHub signs with. */
let signsWith: string;
const calls: { method: string | undefined; url: string | undefined; authorization: string | undefined }[] = [];

beforeAll(async () => {
  github = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { method, url, headers } = request;
      calls.push({ method, url, authorization: headers.authorization });
      if (headers.authorization !== `Bearer ${TOKEN}`) return void response.writeHead(401).end();
      signsWith = (JSON.parse(text) as { secret: string }).secret;
      response.writeHead(200).end('{}');
    });
  });
  await new Promise<void>((listening) => github.listen(0, '127.0.0.1', listening));
  project = mkdtempSync(join(tmpdir(), 'hookgate-project-'));
  for (const part of ['bin', 'cli', 'examples', 'lib', 'local', 'lambdas', 'package.json', 'package-lock.json']) {
    cpSync(join(ROOT, part), join(project, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  addSource(`http://127.0.0.1:${(github.address() as AddressInfo).port}`);
  host = await startTestHost(join(project, '.hookgate'), { project });
});

afterAll(async () => {
  await host?.stop();
  github.close();
  removeData(join(project, '.hookgate'));
  rmSync(project, { recursive: true, force: true, maxRetries: 5 });
});

function addSource(api: string): void {
  const path = join(project, 'lib', 'config.ts');
  const source = {
    name: 'shop',
    provider: 'github',
    allow: { anywhere: true, reason: 'a test' },
    routes: ['scalekit/user-created'],
    rotation: { everyDays: 90, settings: { repository: 'acme/shop', hook: '42', api }, credential: 'github-hooks' },
  };
  const before = readFileSync(path, 'utf8');
  const after = before.replace(/\n  sources: \[/, `\n  sources: [${JSON.stringify(source)},`);
  if (after === before) throw new Error('lib/config.ts has no list of sources.');
  writeFileSync(path, after);
}

async function hookgate(args: string, input = ''): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['bin/cli.ts', ...args.split(' ')], {
    cwd: project,
    env: { ...process.env, HOOKGATE_DATA: host.data },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return { code: await new Promise((done) => child.on('close', done)), stdout, stderr };
}

let events = 0;
/** A delivery as GitHub signs it: HMAC-SHA256 of the body. Returns the answer's status. */
async function deliver(secret: string): Promise<number> {
  const body = JSON.stringify({ id: `evt_${++events}`, data: { id: `user_${events}`, email: 'ada@example.com' } });
  const answer = await fetch(`${host.url}/webhooks/shop`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-delivery': `delivery-${events}`,
      'x-github-event': 'push',
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
    body,
  });
  await answer.arrayBuffer();
  return answer.status;
}

interface Version {
  readonly stage: string;
  readonly fingerprint: string;
  readonly accepted: boolean;
}

async function status() {
  const { stdout } = await hookgate('secret status shop --json');
  return JSON.parse(stdout) as { versions: Version[]; previousLastUsed: string | null; nextRotation: string };
}

test('an operator rotates GitHub’s secret: no delivery of the old or the new one is refused meanwhile', async () => {
  expect(await hookgate('secret set shop', 'the secret before\n')).toMatchObject({ code: 0 });
  expect(await hookgate('secret set shop --credential', `${TOKEN}\n`)).toMatchObject({ code: 0 });
  signsWith = 'the secret before';
  await until(
    async () => (await deliver(signsWith)) === 202,
    () => 'the first secret was not taken',
  );

  const rotating = hookgate('secret rotate shop --json');
  let ended = false;
  void rotating.then(() => (ended = true));
  const refused: string[] = [];
  let sent = 0;
  while (!ended) {
    // Forgeries use up every look at the secret store; what GitHub tries again may be signed with the old one.
    for (const secret of ['forged', signsWith, 'the secret before']) {
      const answer = await deliver(secret);
      if (secret !== 'forged') sent++;
      if (answer !== (secret === 'forged' ? 401 : 202)) refused.push(`${secret} was answered ${answer}`);
    }
    await new Promise((next) => setTimeout(next, 50));
  }
  const { code, stdout, stderr } = await rotating;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ source: 'shop', previousAcceptedHours: 24 });
  expect(refused).toEqual([]);
  expect(sent).toBeGreaterThan(100);

  expect(calls).toEqual([
    { method: 'PATCH', url: '/repos/acme/shop/hooks/42/config', authorization: `Bearer ${TOKEN}` },
  ]);
  expect(signsWith).toMatch(/^[0-9a-f]{64}$/);
  expect((await hookgate('secret show shop')).stdout).toBe(`${signsWith}\n`);
  expect(await deliver(signsWith)).toBe(202);
  expect(await deliver('the secret before')).toBe(202);
});

test('the status tells the two apart, says that the old one is still used, and gives neither away', async () => {
  await eventually(async () => {
    // A forgery makes a container look, at most once a minute: until then it takes the old one for the current one.
    for (const secret of ['forged', 'the secret before']) await deliver(secret);
    return (await status()).previousLastUsed ?? undefined;
  }, 180);
  const { versions, nextRotation } = await status();
  expect(versions.map(({ stage, accepted }) => [stage, accepted])).toEqual([
    ['AWSCURRENT', true],
    ['AWSPREVIOUS', true],
  ]);
  // echo -n 'the secret before' | sha256sum
  expect(versions[1]?.fingerprint).toBe('2098f3ad');
  expect(Date.parse(nextRotation)).toBeGreaterThan(Date.now());

  const { stdout } = await hookgate('secret status shop');
  expect(stdout).toContain('not yet safe to retire');
  expect(stdout).not.toContain(signsWith);
  expect(stdout).not.toContain('the secret before');
});

test('a second change within the overlap would end the old secret, and is refused unless it is meant', async () => {
  const { code, stderr } = await hookgate('secret set shop', 'a third\n');
  expect(code).toBe(1);
  expect(stderr).toContain('give --anyway');
});

test('a revoked secret is gone from the store', async () => {
  expect((await hookgate('secret revoke shop')).stdout).toContain('The previous secret of shop is revoked.');
  expect((await status()).versions.map(({ stage }) => stage)).toEqual(['AWSCURRENT']);
  expect((await hookgate('secret revoke shop')).stdout).toBe('shop has no previous secret.\n');
});

test('the function of the rotations has used each of its permissions, and was refused none', () => {
  expect(permissionsOf(host, 'SecretRotation')).toEqual({ unused: [], refused: [] });
});

test('no log has the secrets or the token', () => {
  const logs =
    host.output() +
    ['verifier', 'rotation'].map((name) => readFileSync(join(host.data, 'logs', `${name}.log`), 'utf8')).join('');
  for (const secret of [signsWith, 'the secret before', TOKEN]) expect(logs).not.toContain(secret);
});
