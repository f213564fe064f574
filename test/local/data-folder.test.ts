import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIfThere } from '../../local/atomic-file.ts';
import { DataFolder } from '../../local/data-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookgate-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('it is made with all that is above it', () => {
  const deep = join(folder, 'a', 'b');
  const data = DataFolder.prepare(deep);
  expect([data.logs, data.services].map((path) => existsSync(path))).toEqual([true, true]);
});

test('code in it is not taken for ES modules, wherever it is', () => {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const { path } = DataFolder.prepare(join(folder, 'data'));
  expect(readFileSync(join(path, 'package.json'), 'utf8')).toBe('{}\n');
});

test('another program finds the host by a file that only this user reads, while it runs', () => {
  const data = DataFolder.prepare(folder);
  const endpoints = {
    dynamodb: 'http://d',
    sqs: 'http://q',
    secretsmanager: 'http://s',
    s3: 'http://o',
    cloudwatch: 'http://c',
    lambda: 'http://l',
  };
  data.writeHostFile({ url: 'http://h', endpoints, stage: 'local', region: 'us-east-1', pid: 7 });
  expect(JSON.parse(readFileSync(join(folder, 'host.json'), 'utf8'))).toEqual({
    url: 'http://h',
    endpoints: {
      dynamodb: 'http://d',
      sqs: 'http://q',
      secretsmanager: 'http://s',
      s3: 'http://o',
      cloudwatch: 'http://c',
      lambda: 'http://l',
    },
    stage: 'local',
    region: 'us-east-1',
    pid: 7,
  });
  data.removeHostFile();
  expect(existsSync(join(folder, 'host.json'))).toBe(false);
});

test.each([
  ['of a process that is gone', '999999999'],
  ['that is no number', 'half a numb'],
  ['of this very process', String(process.pid)],
  // A number is given to other programs in time.
  ['of another program', '1'],
])('a claim %s is void', (_, claim) => {
  writeFileSync(join(folder, 'host.pid'), claim);
  DataFolder.prepare(folder);
  expect(readFileSync(join(folder, 'host.pid'), 'utf8')).toBe(String(process.pid));
});

test('a claim is whole as soon as it is there', async () => {
  const script = `
    import { DataFolder } from './local/data-folder.ts';
    for (let count = 0; count < 300; count += 1) DataFolder.prepare(process.argv[1]).release();`;
  const host = spawn(process.execPath, ['--input-type=module', '-e', script, folder], { stdio: 'ignore' });
  const ended = new Promise<number | null>((exit) => host.once('exit', exit));
  const seen = new Set<string | undefined>();
  let code: number | null | undefined;
  void ended.then((exited) => (code = exited));
  while (code === undefined) {
    for (let looks = 0; looks < 1000; looks += 1) seen.add(readIfThere(join(folder, 'host.pid')));
    await new Promise((resolve) => setImmediate(resolve));
  }

  expect(code).toBe(0);
  expect(seen).toEqual(new Set([undefined, String(host.pid)]));
});

test('a claim of a host that runs holds, until it is released', async () => {
  const host = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)', 'bin/local.ts'], { stdio: 'ignore' });
  await new Promise((spawned) => host.once('spawn', spawned));
  writeFileSync(join(folder, 'host.pid'), String(host.pid));
  try {
    expect(() => DataFolder.prepare(folder)).toThrow(
      `Another Hookgate (process ${host.pid}) uses the data folder ${folder}. Stop it, or set HOOKGATE_DATA to another folder.`,
    );
  } finally {
    const gone = new Promise((exit) => host.once('exit', exit));
    host.kill('SIGKILL');
    await gone;
  }

  DataFolder.prepare(folder).release();
  expect(existsSync(join(folder, 'host.pid'))).toBe(false);
});
