import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { removeData, type RunningHost, startTestHost, until } from '../support/host.ts';
import { permissionsOf } from '../support/permissions.ts';
import { CREDENTIALS, eventually } from './services.ts';

/** Rejections that are mended, through the whole host, as an operator does it. */
const ROOT = resolve(__dirname, '../..');
const ID = /^\d{8}T\d{4}Z-\d{2}$/;
const [WRONG, RIGHT] = ['the secret of the old workspace', 'the secret of the new workspace'];

let project: string;
let host: RunningHost;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'hookgate-project-'));
  for (const part of ['bin', 'cli', 'examples', 'lib', 'local', 'lambdas', 'package.json', 'package-lock.json']) {
    cpSync(join(ROOT, part), join(project, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  addSources();
  host = await startTestHost(join(project, '.hookgate'), { project });
});

afterAll(async () => {
  await host?.stop();
  removeData(join(project, '.hookgate'));
  rmSync(project, { recursive: true, force: true, maxRetries: 5 });
});

function addSources(): void {
  const path = join(project, 'lib', 'config.ts');
  const source = (name: string, more: object) => ({
    name,
    provider: 'github',
    allow: { anywhere: true, reason: 'a test' },
    routes: ['scalekit/user-created'],
    ...more,
  });
  const sources = [source('shop', { inbox: 'on' }), source('flooded', { inbox: 'on' }), source('other', {})];
  const before = readFileSync(path, 'utf8');
  const after = before.replace(
    /\n  sources: \[/,
    `\n  sources: [${sources.map((one) => JSON.stringify(one).replace('"on"', "'on' as const")).join(',')},`,
  );
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

/** A delivery as GitHub signs it. Returns the answer's status. */
async function deliver(source: string, event: string, secret: string, pad = ''): Promise<number> {
  const body = JSON.stringify({
    pad,
    occurred_at: '2026-11-22T07:59:58Z',
    organization_id: 'org_1',
    data: { id: `user-${event}`, email: 'canary@example.com' },
  });
  const answer = await fetch(`${host.url}/webhooks/${source}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-delivery': event,
      'x-github-event': 'organization.directory.user_created',
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
    body,
  });
  await answer.arrayBuffer();
  return answer.status;
}

interface Listed {
  readonly entries: readonly { readonly id: string; readonly minute: string }[];
}

async function listed(source: string): Promise<Listed['entries']> {
  return (JSON.parse((await hookgate(`inbox list ${source} --json`)).stdout) as Listed).entries;
}

/** What takes too long to keep is not kept, and no more of that minute: then it is sent again. */
async function refuseAndKeep(event: string, secret: string, pad = ''): Promise<void> {
  const before = (await listed('shop')).length;
  await eventually(async () => {
    expect(await deliver('shop', event, secret, pad)).toBe(401);
    return (await listed('shop')).length > before || undefined;
  }, 150);
}

interface Result {
  readonly id: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly key: string | null;
}

const resultsIn = (stdout: string) => (JSON.parse(stdout) as { results: readonly Result[] }).results;

test('deliveries that a wrong secret refused are let in once it is mended, each once; what is forged stays', async () => {
  expect(await hookgate('secret set shop', `${WRONG}\n`)).toMatchObject({ code: 0 });
  const events = ['one', 'two', 'three', 'four', 'five'];
  // One that is too large for a row, compressed.
  const large = randomBytes(300_000).toString('base64');
  for (const event of events) await refuseAndKeep(event, RIGHT, event === 'five' ? large : '');
  await refuseAndKeep('forged', 'nobody has given it this');

  const kept = await listed('shop');
  expect(kept).toHaveLength(6);
  for (const { id } of kept) expect(id).toMatch(ID);
  const explained = await hookgate(`inbox explain shop --id ${kept[0]?.id}`);
  expect(explained).toMatchObject({ code: 0, stderr: '' });
  expect(explained.stdout).toContain('now           rejected: wrong-secret-or-changed-body');
  const early = await hookgate('inbox release shop --all --json');
  expect({ code: early.code, outcomes: resultsIn(early.stdout).map(({ outcome }) => outcome) }).toEqual({
    code: 1,
    outcomes: ['kept', 'kept', 'kept', 'kept', 'kept', 'kept'],
  });

  // What ends with it is what the deployment generated, which nobody has.
  expect(await hookgate('secret set shop', `${RIGHT}\n`)).toMatchObject({ code: 0 });
  // GitHub is asked for one of them again meanwhile, by hand: a second copy of it.
  await eventually(async () => {
    if ((await deliver('shop', 'one', RIGHT)) < 300) return true;
    // A minute keeps twenty of them.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    return undefined;
  }, 180);
  // Of the copies that came before the new secret was held, too.
  const before = await listed('shop');
  const dry = await hookgate('inbox release shop --all --dry-run');
  expect(dry.stdout).toContain(`${before.length - 1} would be let in, 1 stay.`);
  expect(await listed('shop')).toEqual(before);

  const { code, stdout } = await hookgate('inbox release shop --all --reason mended --json');
  expect(code).toBe(1);
  const released = resultsIn(stdout).filter(({ outcome }) => outcome !== 'kept');
  expect(new Set(released.map(({ key }) => key)).size).toBe(5);
  expect(resultsIn(stdout).filter(({ outcome }) => outcome === 'kept')).toEqual([
    expect.objectContaining({ reason: 'wrong-secret-or-changed-body' }),
  ]);
  expect(await listed('shop')).toHaveLength(1);

  // Each is there once, and done once.
  let seen: { status: string; eventId: string; attempt: number }[] = [];
  await until(
    async () => {
      const answer = await fetch(`${host.url}/admin/events?source=shop`);
      seen = ((await answer.json()) as { events: typeof seen }).events;
      return seen.length === 5 && seen.every(({ status }) => status === 'DONE');
    },
    () => JSON.stringify(seen),
  );
  expect(seen.map(({ eventId }) => eventId).sort()).toEqual([...events].sort());
});

test('who let it in, what and why is in the log, and nothing of a body or a secret', () => {
  const folder = join(host.data, 'logs');
  const log = readFileSync(join(folder, 'inbox.log'), 'utf8');
  const lines = log.split('\n').filter((line) => line.includes('"inbox release"') && line.includes('mended'));
  expect(lines.length).toBeGreaterThanOrEqual(6);
  for (const line of lines) {
    const { who, why, source, id } = JSON.parse(line.slice(line.indexOf('{'))) as Record<string, string>;
    expect({ who, why, source }).toEqual({ who: 'local', why: 'mended', source: 'shop' });
    expect(id).toMatch(ID);
  }
  const all = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  for (const text of [host.output(), ...all])
    for (const hidden of [WRONG, RIGHT, 'canary@example.com']) expect(text).not.toContain(hidden);
});

test('a flood of 10,000 leaves no more than twenty of each minute, and each is answered 401', async () => {
  expect(await hookgate('secret set flooded', `${RIGHT}\n`)).toMatchObject({ code: 0 });
  const from = Math.floor(Date.now() / 60_000);
  const statuses = new Map<number, number>();
  let sent = 0;
  const client = async () => {
    while (sent < 10_000) {
      const status = await deliver('flooded', `f${++sent}`, 'forged');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  const minutes = Math.floor(Date.now() / 60_000) - from + 1;
  // Those that the stage's own limits stop never come to the verifier.
  expect([...statuses.keys()].filter((status) => status !== 401 && status !== 429)).toEqual([]);
  expect(statuses.get(401)).toBeGreaterThan(20);

  const perMinute = new Map<string, number>();
  const kept = await listed('flooded');
  for (const { minute } of kept) perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
  expect(Math.max(...perMinute.values())).toBeLessThanOrEqual(20);
  expect(kept.length).toBeLessThanOrEqual(20 * minutes);
  expect(kept.length).toBeGreaterThan(0);
});

test('nothing is kept of a source whose inbox is off', async () => {
  expect(await hookgate('secret set other', `${RIGHT}\n`)).toMatchObject({ code: 0 });
  expect(await deliver('other', 'x', 'forged')).toBe(401);
  const s3 = new S3Client({ ...CREDENTIALS, endpoint: host.endpoints.s3, forcePathStyle: true });
  const template = readFileSync(join(host.data, 'logs', 'permissions.jsonl'), 'utf8');
  const bucket = /arn:aws:s3:::([^/"]+)\/inbox\//.exec(template)?.[1];
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'inbox/' }));
  s3.destroy();
  expect(Contents.length).toBeGreaterThan(0);
  expect(Contents.filter(({ Key = '' }) => !/^inbox\/(shop|flooded)\//.test(Key))).toEqual([]);
  const { code, stderr } = await hookgate('inbox list other');
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'Source "other" has no inbox: inbox: \'on\' gives it one.\n' });
});

test('the function of the inboxes uses each of its permissions but those of ends that are not tried here, and is refused none', () => {
  const { unused, refused } = permissionsOf(host, 'RejectedInbox');
  expect(refused).toEqual([]);
  // Nothing of the other inbox is let in; a record is changed only where its queue can't be reached, and its payload is
  // asked for only where another came under its id.
  expect(unused.filter((permission) => !permission.includes('flooded'))).toEqual([
    expect.stringMatching(/^dynamodb:ConditionCheckItem on /),
    expect.stringMatching(/^dynamodb:UpdateItem on /),
  ]);
});

test('the command says what is missing', async () => {
  const both = await hookgate('inbox release shop');
  expect({ code: both.code, stderr: both.stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining('Which? Name one with --id, or say --all.') as string,
  });
  expect(await hookgate('inbox explain shop --id 20200101T0000Z-00')).toMatchObject({
    code: 1,
    stderr: 'The inbox of shop has no "20200101T0000Z-00".\n',
  });
});
