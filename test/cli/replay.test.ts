import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Ended, eventually, hookgate, type RunningHost, startLocalHost } from './process.ts';

let host: RunningHost;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hookgate-replay-'));
  host = await startLocalHost();
});

afterAll(async () => {
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
});

function run(args: string | readonly string[], input?: string): Promise<Ended> {
  const list = typeof args === 'string' ? args.split(' ') : args;
  return hookgate(list, { env: host.env, ...(input !== undefined && { input }) });
}

async function json(args: string): Promise<Record<string, unknown>> {
  const ended = await run(`${args} --json`);
  if (ended.stdout === '') throw new Error(ended.stderr);
  return JSON.parse(ended.stdout) as Record<string, unknown>;
}

/** Waits until an event is as wished. */
function untilEvent(source: string, id: string, wished: Record<string, unknown>): Promise<Record<string, unknown>> {
  return eventually(
    () => json(`show ${source} ${id}`),
    (event) => Object.entries(wished).every(([name, value]) => event[name] === value),
  );
}

/**
 * An event that its processor's schema refuses, parked, and its message at rest too. On its way it would meet what comes
 * next: held back by a replay's execution until that one's lease ends, or redriven in another's stead.
 */
async function park(id: string, type: 'payment.success' | 'payment.failed' = 'payment.success'): Promise<void> {
  const sent = await run(`send inkress ${type} --data -`, JSON.stringify({ id, event_type: type }));
  expect(sent.code).toBe(0);
  await untilEvent('inkress', id, { status: 'PARKED' });
  await untilAtRest(`inkress/${type.replace('.', '-')}`);
}

/** Waits until every message of a route lies in its parked queue; seen twice, as one may hop past who counts the queues. */
async function untilAtRest(route: string): Promise<void> {
  await eventually(
    async () => (await isAllParked(route)) && (await isAllParked(route)),
    (all) => all,
  );
}

/** Lines that the functions have logged. */
function logLines(): string[] {
  const logs = join(host.env['HOOKGATE_DATA'] ?? '', 'logs');
  return readdirSync(logs).flatMap((file) => readFileSync(join(logs, file), 'utf8').split('\n'));
}

interface QueueLine {
  readonly route: string;
  readonly queue: string;
  readonly visible: number;
  readonly hidden: number;
}

/** Whether every message that a route still has lies in its parked queue, and there is one. */
async function isAllParked(route: string): Promise<boolean> {
  const lines = (await json(`dlq ls ${route}`)) as unknown as readonly QueueLine[];
  return lines.every(({ queue, visible, hidden }) => (queue === 'parked' ? visible > 0 : visible + hidden === 0));
}

test('an event that is done is left alone, and runs again in the next epoch with --force', async () => {
  await run('send inkress payout.completed --id evt_again');
  await untilEvent('inkress', 'evt_again', { status: 'DONE', epoch: 0 });

  const alone = await run('replay inkress evt_again');
  expect(alone).toMatchObject({
    code: 0,
    stdout: 'It is DONE already, so nothing was sent. --force runs it again, under a new idempotency key.\n',
  });
  expect((await run(['replay', 'inkress', 'evt_again', '--force', '--reason', 'wrong amount'])).stdout).toBe(
    'Begun anew, epoch 1.\n',
  );
  expect(await untilEvent('inkress', 'evt_again', { status: 'DONE', epoch: 1 })).toMatchObject({ attempt: 1 });
  expect(await json('replay inkress evt_again --force')).toMatchObject({ replay: 'restarted', via: 'queue', epoch: 2 });
});

test('who replayed what, and why, is in the log of the admin function', async () => {
  await run('send inkress payout.completed --id evt_audited');
  await untilEvent('inkress', 'evt_audited', { status: 'DONE' });
  await run(['replay', 'inkress', 'evt_audited', '--force', '--reason', 'ledger was off']);
  const line = await eventually(
    () => Promise.resolve(logLines().find((text) => text.includes('ledger was off'))),
    (found) => found !== undefined,
  );

  expect(JSON.parse(line ?? '')).toMatchObject({
    message: 'replay',
    who: 'local',
    why: 'ledger was off',
    source: 'inkress',
    id: 'evt_audited',
    force: true,
    outcome: 'restarted',
    epoch: 1,
  });
});

test('a parked event is tried again in its own epoch, and parked again while nobody has mended it', async () => {
  await park('evt_poison');
  expect((await run('replay inkress evt_poison')).stdout).toBe('Sent to its queue once more.\n');

  expect(await untilEvent('inkress', 'evt_poison', { status: 'PARKED', attempt: 2 })).toMatchObject({ epoch: 0 });
});

test('parked events are redriven to the main queue, and reach their processor', async () => {
  // Of a route without a replay: two messages of one event would wait for one another.
  await park('evt_redriven', 'payment.failed');
  const moved = await json('dlq redrive inkress/payment-failed --reason mended');

  expect(moved).toMatchObject({
    route: 'inkress/payment-failed',
    from: 'parked',
    to: 'main',
    status: 'COMPLETED',
    moved: 1,
  });
  const audit = logLines().find((line) => line.includes('"message":"redrive"')) ?? '{}';
  expect(JSON.parse(audit)).toMatchObject({
    route: 'inkress/payment-failed',
    from: 'parked',
    who: 'local',
    why: 'mended',
  });
  await eventually(
    () => json('show inkress evt_redriven'),
    ({ status, attempt }) => status === 'PARKED' && Number(attempt) >= 2,
  );
});

test('the queues of a route are listed', async () => {
  const { code, stdout } = await run('dlq ls scalekit/user-created');

  expect(code).toBe(0);
  expect(stdout).toBe(
    [
      'ROUTE                  QUEUE   VISIBLE  HIDDEN  OLDEST',
      'scalekit/user-created  main    0        0       -',
      '                       dead    0        0       -',
      '                       parked  0        0       -',
      '',
    ].join('\n'),
  );
});

test('dead letters are parked by hand', async () => {
  expect((await run('dlq park scalekit/user-created')).stdout).toBe('0 moved from dead to parked.\n');
});

describe('many at once', () => {
  const since = new Date().toISOString();

  test('are counted and shown first, newest first; --type, --from and --to select', async () => {
    for (const id of ['evt_bulk_1', 'evt_bulk_2', 'evt_bulk_3']) await park(id);
    const { code, stdout } = await run(`replay --source inkress --from ${since} --dry-run`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ events are PARKED\.\nRECEIVED +SOURCE +TYPE +ID +LAST ERROR\n/);
    expect(stdout).toMatch(/evt_bulk_3 +invalid-payload.*\n.*evt_bulk_2 /);

    expect((await run('replay --type payout.completed --dry-run')).stdout).toBe('0 events are PARKED.\n');
    expect((await run('replay --status parked --dry-run')).stdout).toMatch(/evt_bulk_3 +invalid-payload/);
    expect((await run(`replay --source inkress --to ${since.slice(0, 10)} --dry-run`)).stdout).toBe(
      '0 events are PARKED.\n',
    );
  });

  test('stop at canaries that do not end well', async () => {
    const { code, stdout, stderr } = await run(`replay --source inkress --from ${since} --canary 1 --yes`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/Stopped after 1 of \d+: inkress evt_bulk_3 is PARKED again \(invalid-payload.*\)\./);
    expect(await json('show inkress evt_bulk_2')).toMatchObject({ attempt: 1 });
  });

  test('are each replayed once, also when the same command line is given again', async () => {
    const log = join(folder, 'replayed.jsonl');
    const first = await json(`replay --source inkress --from ${since} --rate 50/s --yes --log ${log}`);
    expect(first).toMatchObject({ failed: 0, skipped: 0 });
    expect(first['replayed']).toBe(first['selected']);
    expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(Number(first['selected']));
    await untilEvent('inkress', 'evt_bulk_1', { status: 'PARKED', attempt: 2 });

    expect(await json(`replay --source inkress --from ${since} --yes --log ${log}`)).toMatchObject({ selected: 0 });
  });

  test('that were interrupted go on where they stood', async () => {
    const log = join(folder, 'interrupted.jsonl');
    const args = ['replay', '--source', 'inkress', '--from', since, '--rate', '1', '--yes', '--log', log];
    const parked = async () => Number((await json(`replay --source inkress --from ${since} --dry-run`))['selected']);
    // Those of the tests before end PARKED again, each in its own time.
    const all = await eventually(parked, (count) => count >= 5);
    const noted = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
    const child = spawn(process.execPath, ['bin/cli.ts', ...args], {
      cwd: resolve(__dirname, '../..'),
      env: { ...process.env, ...host.env },
      stdio: 'ignore',
    });
    const ended = new Promise((end) => child.once('close', end));
    await eventually(
      () => Promise.resolve(noted().length),
      (lines) => lines >= 1,
    );
    child.kill('SIGKILL');
    await ended;
    const before = noted().length;

    await eventually(parked, (count) => count === all);
    // One may be sent that is not noted.
    await untilAtRest('inkress/payment-success');
    await untilAtRest('inkress/payment-failed');
    const rest = await json(`replay --source inkress --from ${since} --rate 50 --yes --log ${log}`);
    expect(before).toBeLessThan(all);
    expect(rest).toMatchObject({ selected: all - before, failed: 0 });
  });

  test('begin anew with --force, each in its next epoch', async () => {
    await run('send inkress payment.failed --id evt_many_1');
    await run('send inkress payment.failed --id evt_many_2');
    for (const id of ['evt_many_1', 'evt_many_2']) await untilEvent('inkress', id, { status: 'DONE' });
    const args = 'replay --source inkress --type payment.failed --status done --force --canary 1 --yes';

    expect(await json(args)).toEqual({ selected: 2, replayed: 2, skipped: 0, failed: 0 });
    for (const id of ['evt_many_1', 'evt_many_2']) await untilEvent('inkress', id, { status: 'DONE', epoch: 1 });
  });
});

test.each([
  ['replay inkress evt_none', 1, 'Source inkress has no event "evt_none".'],
  ['replay inkress', 2, 'name the source as --source inkress'],
  ['replay inkres evt_1', 2, 'Did you mean inkress?'],
  ['replay', 2, 'Name an event'],
  ['replay --source inkress', 2, 'Nobody is there to ask: add --yes'],
  ['replay --source inkress --status done', 2, 'What is DONE runs again with --force only.'],
  ['replay --source inkress --status failed --force', 2, '--force is for what is DONE or PARKED.'],
  ['replay --source inkress --status filtered', 2, 'No route takes what is FILTERED'],
  ['replay --source inkress --from yesterday', 2, 'It is a time like 2026-11-22T08:00:00Z.'],
  ['replay --source inkress --rate 0/s', 2, 'It is a whole number from 1 to 100.'],
  ['dlq redrive inkress/payment-sucess', 2, 'Did you mean inkress/payment-success'],
  ['dlq redrive inkress/payment-success --from main', 2, 'Allowed choices are parked, dead'],
  ['dlq cancel inkress/payment-success --from main', 2, 'Allowed choices are parked, dead'],
  ['dlq ls --stage dve', 2, 'Did you mean dev?'],
])('%s ends with %d and says what is wrong', async (args, code, said) => {
  const ended = await run(args);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toContain(said);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
});

test('an event that no route wanted is refused', async () => {
  await run('send scalekit organization.created --id evt_unrouted');
  const { code, stderr } = await run('replay scalekit evt_unrouted --force');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'No route that is configured takes it, so there is no queue to send it to.\n',
  });
});
