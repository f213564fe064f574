import type { Allowlist } from '../../../lambdas/core/addresses/allowlist.ts';
import { publishedAddresses } from '../../../lambdas/core/addresses/published.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const MINUTE = 60_000;

function container() {
  const clock = new ManualClock(1_795_334_400_000);
  const world = { row: undefined as Allowlist | undefined | Error, reads: 0, failures: 0, clock };
  const read = () => {
    world.reads++;
    return world.row instanceof Error ? Promise.reject(world.row) : Promise.resolve(world.row);
  };
  const published = publishedAddresses({ read }, clock, () => world.failures++);
  const has = async (address: string) => (await published('github'))?.(address);
  return { world, has };
}

test('one read in five minutes serves every delivery', async () => {
  const { world, has } = container();
  world.row = { revision: 1, cidrs: ['192.30.252.0/22'] };
  expect(await has('192.30.252.9')).toBe(true);
  expect(await has('203.0.113.9')).toBe(false);
  world.clock.advance(4 * MINUTE);
  await has('192.30.252.9');
  expect(world.reads).toBe(1);
  world.clock.advance(MINUTE);
  await has('192.30.252.9');
  expect(world.reads).toBe(2);
});

test('without a list there is nothing to hold an address against', async () => {
  const { world, has } = container();
  expect(await has('203.0.113.9')).toBeUndefined();
  world.clock.advance(5 * MINUTE);
  world.row = { revision: 1, cidrs: [] };
  expect(await has('203.0.113.9')).toBeUndefined();
});

test('a list that can’t be read stays as it was, and is asked for again a minute later', async () => {
  const { world, has } = container();
  world.row = { revision: 1, cidrs: ['192.30.252.0/22'] };
  await has('192.30.252.9');
  world.row = new Error('throttled');
  world.clock.advance(5 * MINUTE);
  expect(await has('203.0.113.9')).toBe(false);
  expect(await has('192.30.252.9')).toBe(true);
  expect([world.reads, world.failures]).toEqual([2, 1]);
  world.clock.advance(MINUTE);
  await has('192.30.252.9');
  expect(world.reads).toBe(3);
});
