import { SecretCache, SecretsUnavailable } from '../../../lambdas/core/secrets/secrets.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemorySecrets } from '../../support/memory/secrets.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function cacheOf(overlapSeconds = 24 * 60 * 60, { rotates = false } = {}) {
  const clock = new ManualClock(1_000 * HOUR);
  const store = new MemorySecrets();
  store.rotate('stripe', 'first', clock.now() - 100 * HOUR);
  const cache = new SecretCache<readonly string[]>({
    store,
    clock,
    overlapSeconds: () => overlapSeconds,
    rotates: () => rotates,
    prepare: (_, values) => values,
  });
  const values = async () => (await cache.get('stripe')).prepared;
  return { clock, store, cache, values };
}

/** Lets a refresh in the background end. */
const settle = () => new Promise(setImmediate);

test('a secret is read once and served for five minutes', async () => {
  const { values, store, clock } = cacheOf();
  for (let i = 0; i < 100; i++) expect(await values()).toEqual(['first']);
  clock.advance(5 * MINUTE);
  await values();
  await settle();

  expect(store.reads).toBe(1);
});

test('after that it is refreshed in the background, and no delivery waits for it', async () => {
  const { values, store, clock } = cacheOf();
  await values();
  store.rotate('stripe', 'second', clock.now());
  clock.advance(5 * MINUTE + 1);

  expect(await values()).toEqual(['first']);
  await settle();
  expect(await values()).toEqual(['second', 'first']);
});

test('deliveries that come together on a cold start share one read', async () => {
  const { values, store } = cacheOf();
  await Promise.all(Array.from({ length: 50 }, values));

  expect(store.reads).toBe(1);
});

test('the previous secret is accepted until the current one is as old as the overlap, and not a moment longer', async () => {
  const { values, store, clock } = cacheOf(2 * 60);
  store.rotate('stripe', 'second', clock.now());
  expect(await values()).toEqual(['second', 'first']);

  clock.advance(2 * MINUTE - 1);
  expect(await values()).toEqual(['second', 'first']);
  clock.advance(1);
  expect(await values()).toEqual(['second']);
});

test('a previous secret whose overlap is over is not even read', async () => {
  const { values, store, clock } = cacheOf();
  store.rotate('stripe', 'second', clock.now() - 25 * HOUR);

  expect(await values()).toEqual(['second']);
  expect(store.reads).toBe(1);
});

test('while the store is down, what is held is served for a day; then it is our fault', async () => {
  const { values, store, clock } = cacheOf();
  await values();
  store.down = true;
  clock.advance(24 * HOUR);
  expect(await values()).toEqual(['first']);
  await settle();

  clock.advance(1);
  await expect(values()).rejects.toThrow(SecretsUnavailable);
});

test('a store that is down is asked once a minute, not at every delivery, by mismatches and matches together', async () => {
  const { cache, values, store, clock } = cacheOf();
  await values();
  store.down = true;
  clock.advance(6 * MINUTE);
  const before = store.reads;
  for (let i = 0; i < 60; i++) {
    await values();
    await expect(cache.refreshAfterMismatch('stripe')).rejects.toThrow(SecretsUnavailable);
    await settle();
    clock.advance(1_000);
  }
  expect(store.reads - before).toBe(1);

  await values();
  await settle();
  expect(store.reads - before).toBe(2);
});

test('cold and down throws, and asks again after a minute, however many deliveries come', async () => {
  const { values, store, clock } = cacheOf();
  store.down = true;
  await expect(values()).rejects.toThrow('The secret of source stripe could not be read.');
  for (let i = 0; i < 1_000; i++) {
    clock.advance(59);
    await expect(values()).rejects.toThrow(SecretsUnavailable);
  }
  expect(store.reads).toBe(1);

  store.down = false;
  clock.advance(1_000);
  expect(await values()).toEqual(['first']);
});

test('what is too old to be served is asked for once a minute too', async () => {
  const { values, store, clock } = cacheOf();
  await values();
  store.down = true;
  clock.advance(24 * HOUR + 1);
  for (let i = 0; i < 100; i++) await expect(values()).rejects.toThrow(SecretsUnavailable);
  expect(store.reads).toBe(2);
});

test('a mismatch while another delivery asks waits for the answer to that', async () => {
  const { cache, values, store, clock } = cacheOf();
  await values();
  store.rotate('stripe', 'second', clock.now());
  const looks = Promise.all([cache.refreshAfterMismatch('stripe'), cache.refreshAfterMismatch('stripe')]);

  expect(await looks).toEqual([true, true]);
});

test('a look after a mismatch says whether the secret changed', async () => {
  const { cache, values, store, clock } = cacheOf();
  await values();
  expect(await cache.refreshAfterMismatch('stripe')).toBe(false);

  store.rotate('stripe', 'second', clock.now());
  expect(await cache.refreshAfterMismatch('stripe')).toBe(false);
  clock.advance(MINUTE);
  expect(await cache.refreshAfterMismatch('stripe')).toBe(true);
});

test('a look that the store did not answer leaves it open whether the secret is a new one, for as long as none is made again', async () => {
  const { cache, values, store, clock } = cacheOf();
  await values();
  store.down = true;
  await expect(cache.refreshAfterMismatch('stripe')).rejects.toThrow(SecretsUnavailable);
  clock.advance(MINUTE - 1);
  await expect(cache.refreshAfterMismatch('stripe')).rejects.toThrow(SecretsUnavailable);
  expect(store.reads).toBe(2);

  store.down = false;
  store.rotate('stripe', 'second', clock.now());
  clock.advance(1);
  expect(await cache.refreshAfterMismatch('stripe')).toBe(true);
});

test('a container that slept for more than ten minutes waits for the refresh, so that a revoked secret does not wake with it', async () => {
  const { values, store, clock } = cacheOf();
  store.rotate('stripe', 'second', clock.now());
  expect(await values()).toEqual(['second', 'first']);
  store.revoke('stripe');
  clock.advance(10 * MINUTE + 1);

  expect(await values()).toEqual(['second']);
});

test('but for a second only: then it serves what it holds', async () => {
  const { values, store, clock } = cacheOf();
  await values();
  store.current = () => new Promise(() => undefined);
  clock.advance(HOUR);
  const waiting = values();
  await settle();
  clock.advance(1_000);

  expect(await waiting).toEqual(['first']);
});

test('a match with the previous secret is confirmed once a minute, so that a revoked one ends within it', async () => {
  const { cache, values, store, clock } = cacheOf();
  store.rotate('stripe', 'second', clock.now());
  await values();
  store.revoke('stripe');
  clock.advance(MINUTE - 1);
  expect(await cache.confirm('stripe')).toBe(false);
  expect(await values()).toEqual(['second', 'first']);

  clock.advance(1);
  expect(await cache.confirm('stripe')).toBe(true);
  expect(await values()).toEqual(['second']);
});

test('a store that is down confirms nothing and takes nothing away', async () => {
  const { cache, values, store, clock } = cacheOf();
  store.rotate('stripe', 'second', clock.now());
  await values();
  store.down = true;
  clock.advance(2 * MINUTE);

  expect(await cache.confirm('stripe')).toBe(false);
  expect(await values()).toEqual(['second', 'first']);
});

describe('a pending secret', () => {
  test('is held while a rotation is open', async () => {
    const { values, store, clock } = cacheOf(3600, { rotates: true });
    store.begin('stripe', 'second', clock.now());

    expect(await values()).toEqual(['first', 'second']);
  });

  test('is the current one, once, when the rotation ends', async () => {
    const { cache, values, store, clock } = cacheOf(3600, { rotates: true });
    store.begin('stripe', 'second', clock.now());
    store.finish('stripe');
    expect(await values()).toEqual(['second', 'first']);
    expect((await cache.get('stripe')).versions.map(({ stage }) => stage)).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });

  test('that a later one has replaced is accepted as the previous one, and no more once that is revoked', async () => {
    const { cache, values, store, clock } = cacheOf(3600, { rotates: true });
    store.begin('stripe', 'second', clock.now());
    store.finish('stripe');
    clock.advance(2 * HOUR);
    // The label is still on the second: nothing takes it away.
    store.rotate('stripe', 'third', clock.now());
    expect(await values()).toEqual(['third', 'second']);
    expect((await cache.get('stripe')).versions.map(({ stage }) => stage)).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);

    store.revoke('stripe');
    clock.advance(MINUTE);
    expect(await cache.confirm('stripe')).toBe(true);
    expect(await values()).toEqual(['third']);
  });

  test('is accepted until it is as old as the overlap, and not a moment longer', async () => {
    const { values, store, clock } = cacheOf(2 * 60, { rotates: true });
    store.begin('stripe', 'second', clock.now());
    expect(await values()).toEqual(['first', 'second']);

    clock.advance(2 * MINUTE - 1);
    expect(await values()).toEqual(['first', 'second']);
    clock.advance(1);
    expect(await values()).toEqual(['first']);
    clock.advance(6 * MINUTE);
    await values();
    await settle();
    expect(await values()).toEqual(['first']);
  });

  test('is not missed when the rotation ends between two reads', async () => {
    const { values, store, clock } = cacheOf(3600, { rotates: true });
    store.begin('stripe', 'second', clock.now());
    const current = store.current.bind(store);
    store.current = (source) => {
      store.finish('stripe');
      return current(source);
    };

    expect(await values()).toEqual(['second', 'first']);
  });

  test('is not asked for where no rotation can be', async () => {
    const { values, store, clock } = cacheOf();
    store.begin('stripe', 'second', clock.now());

    expect(await values()).toEqual(['first']);
    expect(store.reads).toBe(1);
  });
});

test('the previous secret is overdue in the last quarter of its overlap', async () => {
  const { cache, store, clock } = cacheOf(4 * 3600);
  store.rotate('stripe', 'second', clock.now());
  const matched = async (index: number) => cache.matched('stripe', await cache.get('stripe'), index);
  expect(await matched(0)).toEqual({ stage: 'AWSCURRENT' });
  expect(await matched(1)).toEqual({ stage: 'AWSPREVIOUS' });

  clock.advance(3 * HOUR - 1);
  expect(await matched(1)).toEqual({ stage: 'AWSPREVIOUS' });
  clock.advance(1);
  expect(await matched(1)).toEqual({ stage: 'AWSPREVIOUS', overdue: true });
  expect(await matched(0)).toEqual({ stage: 'AWSCURRENT' });
});
