import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type RunningHost, startTestHost, until } from '../support/host.ts';
import { secretOf, send, userCreated } from '../support/provider.ts';

const ROOT = resolve(__dirname, '../..');
const PROCESSOR = 'lambdas/processors/scalekit/user-created.ts';

/** A copy of the project, for a person to edit. */
let project: string;
let original: string;
let host: RunningHost;
let events = 0;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'hookgate-project-'));
  for (const part of ['bin', 'lib', 'local', 'lambdas', 'package.json', 'package-lock.json']) {
    cpSync(join(ROOT, part), join(project, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  original = readFileSync(join(project, PROCESSOR), 'utf8');
  host = await startTestHost(join(project, '.hookgate'), { project, arguments: ['--watch'] });
  await until(() => host.output().includes('Watching lambdas/'), host.output);
});

afterAll(async () => {
  await host?.stop();
  rmSync(project, { recursive: true, force: true, maxRetries: 5 });
});

/** Writes the processor as an editor does: another file takes its place. */
function edit(content: string): void {
  writeFileSync(join(project, 'edited.ts'), content);
  renameSync(join(project, 'edited.ts'), join(project, PROCESSOR));
}

/** What the processor makes of the next event. */
async function outcome(): Promise<{ status: string; lastError?: string | null }> {
  const id = `evt_${events++}`;
  await send(host, userCreated(await secretOf(host, 'scalekit'), id));
  let view: { status: string; lastError?: string | null } = { status: 'NONE' };
  await until(
    async () => {
      const answer = await fetch(`${host.url}/admin/events/scalekit/${id}`);
      if (answer.status === 200) view = (await answer.json()) as typeof view;
      return view.status === 'DONE' || typeof view.lastError === 'string';
    },
    () => `${JSON.stringify(view)}\n${host.output()}`,
  );
  return view;
}

const printed = (line: RegExp) =>
  until(
    () => line.test(host.output()),
    () => `no ${String(line)} in ${host.output()}`,
  );

test('a changed processor runs for the next event, and the console says how long it took', async () => {
  expect((await outcome()).status).toBe('DONE');

  const start = 'const written = await commit(';
  expect(original).toContain(start);
  edit(original.replace(start, `throw new Error('edited once');\n    ${start}`));
  await printed(/reloaded scalekit-user-created in \d+ ms\n/);
  expect((await outcome()).lastError).toContain('edited once');
});

test('a mistake is told in one line with its place, and the code as it was goes on', async () => {
  edit(`${original}\nexport const x = ;\n`);
  await printed(
    /not reloaded, the old code goes on: lambdas\/processors\/scalekit\/user-created\.ts:\d+:18: Unexpected ";"\n/,
  );
  expect((await outcome()).lastError).toContain('edited once');

  edit(original);
  await printed(/reloaded scalekit-user-created in \d+ ms\n[^]*reloaded scalekit-user-created in \d+ ms\n/);
  expect((await outcome()).status).toBe('DONE');
});
