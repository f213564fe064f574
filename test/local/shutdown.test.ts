import { readdirSync, readFileSync } from 'node:fs';
import { removeData, type RunningHost, spawnHost, startTestHost, temporaryData, until } from '../support/host.ts';
import { paymentSucceeded, secretOf, send, userCreated } from '../support/provider.ts';

let data: string;
beforeEach(() => {
  data = temporaryData();
});
afterEach(() => removeData(data));

/** Parents by process, of all processes of this machine (Linux). */
function parents(): Map<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      // After the command's name, which may hold anything: state and parent.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z') found.set(Number(name), Number(parent));
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

/** Every process that a process started, and those that they started. */
function descendants(pid: number): number[] {
  const all = [...parents()];
  const below = (parent: number): number[] =>
    all.filter(([, above]) => above === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

async function atWork(options = {}): Promise<{ host: RunningHost; pids: number[] }> {
  const host = await startTestHost(data, { group: true, ...options });
  const secrets = await Promise.all(['scalekit', 'inkress'].map((source) => secretOf(host, source)));
  const [scalekit = '', inkress = ''] = secrets;
  await send(host, userCreated(scalekit, 'evt_1'));
  await Promise.all(Array.from({ length: 20 }, (_, n) => send(host, paymentSucceeded(inkress, `evt_${n}`))));
  // The services, a verifier, and processors that the webhooks woke.
  await until(() => descendants(host.pid).length >= 4, host.output);
  return { host, pids: descendants(host.pid) };
}

async function untilGone(pids: readonly number[]): Promise<void> {
  let left: number[] = [];
  await until(
    () => (left = pids.filter((pid) => parents().has(pid))).length === 0,
    () => `still there: ${left.join(', ')}`,
  );
}

test('Ctrl-C leaves no process', async () => {
  const { host, pids } = await atWork({ arguments: ['--watch'] });
  await until(() => host.output().includes('Watching lambdas/'), host.output);
  const all = [...new Set([...pids, ...descendants(host.pid)])];
  // A terminal sends it to the whole group.
  process.kill(-host.pid, 'SIGINT');
  expect(await host.ended).toBe(0);
  await untilGone(all);
});

test('a SIGKILL of the host leaves no process', async () => {
  const { host, pids } = await atWork();
  await host.kill();
  await untilGone(pids);
});

test('a SIGKILL of its whole process group leaves no process', async () => {
  const { host, pids } = await atWork();
  process.kill(-host.pid, 'SIGKILL');
  await host.ended;
  await untilGone(pids);
});

test('a terminal that is closed leaves no process', async () => {
  const { host, pids } = await atWork();
  expect(await host.hangUp()).toBe(0);
  await untilGone(pids);
});

test('Ctrl-C during the start leaves no process', async () => {
  const child = spawnHost(data, { group: true });
  const pid = child.pid ?? 0;
  const ended = new Promise<number | null>((end) => child.once('exit', end));
  await until(
    () => descendants(pid).length >= 2,
    () => 'nothing was started',
  );
  const pids = descendants(pid);
  process.kill(-pid, 'SIGINT');
  expect(await ended).toBe(0);
  await untilGone(pids);
});
