import { type Blocklist, type FailedAttempt, keepBlocklist } from '../../../lambdas/core/addresses/blocklist.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const START = 1_795_334_400_000;
const MINUTE = 60_000;
const STRANGER = '203.0.113.9';

function edge({ spared = [] as readonly string[] } = {}) {
  const clock = new ManualClock(START);
  const sets = new Map<string, readonly string[]>([
    ['v4', []],
    ['v6', []],
  ]);
  const world = {
    clock,
    sets,
    row: undefined as Blocklist | undefined,
    /** Called between the read of the row and its change. */
    meanwhile: () => {},
    run: (attempts: readonly FailedAttempt[] = []) =>
      keepBlocklist(attempts, {
        clock,
        read: () => Promise.resolve(world.row),
        change: (seen, next) => {
          world.meanwhile();
          world.meanwhile = () => {};
          const current = (world.row?.revision ?? 0) === seen.revision;
          if (current) world.row = next;
          return Promise.resolve(current);
        },
        sets: {
          read: (set) => Promise.resolve({ addresses: sets.get(set) ?? [], token: 'token' }),
          replace: (set, addresses) => {
            sets.set(set, addresses);
            return Promise.resolve(true);
          },
        },
        setNames: { IPV4: 'v4', IPV6: 'v6' },
        spared: (address) => Promise.resolve(spared.includes(address)),
      }),
    failed: (times: number, { address = STRANGER, reason = 'wrong-secret-or-changed-body' } = {}) =>
      Array.from({ length: times }, (): FailedAttempt => ({ address, reason, at: clock.now() })),
  };
  return world;
}

test('an address whose signature fails ten times in five minutes is blocked, nine times not', async () => {
  const { run, failed, sets, clock } = edge();
  expect(await run(failed(9))).toMatchObject({ added: [], count: 0 });
  clock.advance(4 * MINUTE);
  expect(await run(failed(1))).toEqual({ added: [STRANGER], released: [], count: 1 });
  expect(sets.get('v4')).toEqual(['203.0.113.9/32']);
});

test('failures that are older than five minutes are forgotten', async () => {
  const { run, failed, clock } = edge();
  await run(failed(9));
  clock.advance(5 * MINUTE);
  expect(await run(failed(9))).toMatchObject({ count: 0 });
});

test('a block ends by itself ten minutes after the last failure, with no new line', async () => {
  const { run, failed, sets, clock } = edge();
  await run(failed(10, { address: '2600:1f18::9' }));
  expect(sets.get('v6')).toEqual(['2600:1f18::9/128']);
  clock.advance(10 * MINUTE - 1);
  expect(await run()).toMatchObject({ count: 1 });
  clock.advance(1);
  expect(await run()).toEqual({ added: [], released: ['2600:1f18::9'], count: 0 });
  expect(sets.get('v6')).toEqual([]);
});

test('a set that holds what the row has not is set right: nobody stays blocked by a lost run', async () => {
  const { run, sets } = edge();
  sets.set('v4', ['198.51.100.1/32']);
  await run();
  expect(sets.get('v4')).toEqual([]);
});

test('an allowlisted address is never blocked, however often it fails', async () => {
  const { run, failed, sets } = edge({ spared: [STRANGER] });
  expect(await run(failed(1_000))).toMatchObject({ added: [], count: 0 });
  expect(sets.get('v4')).toEqual([]);
});

test.each([
  ['stale deliveries', { reason: 'stale-timestamp' }],
  ['deliveries without a signature', { reason: 'missing-signature' }],
  ['deliveries too large', { reason: 'too-large' }],
  ['what is no address', { address: 'unknown' }],
])('%s block nobody', async (_, of) => {
  const { run, failed } = edge();
  expect(await run(failed(100, of))).toMatchObject({ count: 0 });
});

test('a run that another overtakes counts on top of it', async () => {
  const world = edge();
  await world.run(world.failed(5));
  world.meanwhile = () => {
    const row = world.row as Blocklist;
    world.row = { ...row, revision: row.revision + 1, failures: { [STRANGER]: Array<number>(9).fill(START) } };
  };
  expect(await world.run(world.failed(1))).toMatchObject({ added: [STRANGER] });
});

test('at most 500 addresses are kept, the oldest go first', async () => {
  const { run, failed, sets } = edge();
  const addresses = Array.from({ length: 501 }, (_, at) => `198.18.${at >> 8}.${at & 255}`);
  await run(addresses.flatMap((address) => failed(10, { address })));
  expect(sets.get('v4')).toHaveLength(500);
  expect(sets.get('v4')).not.toContain('198.18.0.0/32');
});
