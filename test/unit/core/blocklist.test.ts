import { type Blocklist, type FailedAttempt, keepBlocklist } from '../../../lambdas/core/addresses/blocklist.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const START = 1_795_334_400_000;
const MINUTE = 60_000;
const STRANGER = '203.0.113.9';

function edge({ allowed = [] as readonly string[] | undefined } = {}) {
  const clock = new ManualClock(START);
  const sets = new Map<string, readonly string[]>([
    ['v4', []],
    ['v6', []],
  ]);
  const world = {
    clock,
    sets,
    allowed,
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
        allowed: () => Promise.resolve(world.allowed),
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
  expect(sets.get('v6')).toEqual(['2600:1f18::/64']);
  clock.advance(10 * MINUTE - 1);
  expect(await run()).toMatchObject({ count: 1 });
  clock.advance(1);
  expect(await run()).toEqual({ added: [], released: ['2600:1f18::/64'], count: 0 });
  expect(sets.get('v6')).toEqual([]);
});

test('a set that holds what the row has not is set right: nobody stays blocked by a lost run', async () => {
  const { run, sets } = edge();
  sets.set('v4', ['198.51.100.1/32']);
  await run();
  expect(sets.get('v4')).toEqual([]);
});

test('an allowlisted address is never blocked, however often it fails', async () => {
  const { run, failed, sets } = edge({ allowed: ['203.0.113.0/24'] });
  expect(await run(failed(1_000))).toMatchObject({ added: [], count: 0 });
  expect(sets.get('v4')).toEqual([]);
});

test('one that comes onto an allowlist while it is blocked is let go by the next run', async () => {
  const world = edge();
  expect(await world.run(world.failed(10))).toMatchObject({ added: [STRANGER] });
  world.allowed = ['203.0.113.0/24'];
  world.clock.advance(MINUTE);
  expect(await world.run()).toEqual({ added: [], released: [STRANGER], count: 0 });
  expect(world.sets.get('v4')).toEqual([]);
});

test('while nobody can say what is on the allowlists, nobody new is blocked, and who is stays so for its time', async () => {
  const world = edge();
  await world.run(world.failed(10));
  world.allowed = undefined;
  world.clock.advance(MINUTE);
  expect(await world.run(world.failed(10, { address: '192.30.252.44' }))).toMatchObject({ added: [], count: 1 });
  world.clock.advance(9 * MINUTE);
  expect(await world.run()).toMatchObject({ released: [STRANGER], count: 0 });
});

test('addresses of one IPv6 network count together, and are blocked together', async () => {
  const { run, failed, sets } = edge();
  const addresses = Array.from({ length: 10 }, (_, at) => `2001:470:1:1::${at.toString(16)}`);
  await run(addresses.flatMap((address) => failed(1, { address })));
  expect(sets.get('v6')).toEqual(['2001:470:1:1::/64']);
});

test('an IPv6 network of which an allowlist has a part is not blocked', async () => {
  const { run, failed } = edge({ allowed: ['2001:470:1:1::25/128'] });
  expect(await run(failed(10, { address: '2001:470:1:1::9' }))).toMatchObject({ added: [], count: 0 });
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
