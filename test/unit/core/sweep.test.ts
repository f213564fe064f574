import { sweep } from '../../../lambdas/core/sweep.ts';
import { enrolUnclaimed } from '../../../lambdas/core/watch.ts';
import { gatewayInMemory, NOON, scalekitDelivery, skribbyDelivery } from '../../support/gateway-in-memory.ts';
import { MemoryWatch } from '../../support/memory/watch.ts';

test('an event that nobody claimed is sent again after a minute, then after two, four, eight …', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  await receive(scalekitDelivery());
  queue.down = false;

  const sentAtMinute: number[] = [];
  for (let minute = 0; minute <= 16; minute++) {
    const { sent } = await sweep({ store, queue, clock });
    if (sent > 0) sentAtMinute.push(minute);
    clock.advance(60_000);
  }
  expect(sentAtMinute).toEqual([1, 3, 7, 15]);
  expect(clock.now()).toBe(NOON + 17 * 60_000);
});

test('an event that was claimed is let alone', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  await receive(skribbyDelivery());
  const [record] = store.records.values();
  if (!record) throw new Error('not recorded');
  const { pk, epoch, bodySha256 } = record;
  const claim = { owner: 'me', leaseUntil: 0, now: NOON, sentAt: NOON, hop: 'main' } as const;
  await store.claim({ ...claim, pk, route: 'scalekit/user-created', epoch, bodySha256 });
  clock.advance(60 * 60_000);

  expect(await sweep({ store, queue, clock })).toMatchObject({ due: 0, sent: 0, skipped: 0, failed: 0 });
});

test('what a provider sends once is sent again though it was recorded only', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  await receive(skribbyDelivery());
  // As if the verifier had been killed before it sent.
  queue.sent.length = 0;
  const watch = new MemoryWatch(store);

  clock.advance(60_000);
  expect(await enrolUnclaimed(watch, ['skribby'], clock)).toMatchObject({ enrolled: 0 });
  clock.advance(60_000);
  expect(await enrolUnclaimed(watch, ['skribby'], clock)).toMatchObject({ enrolled: 1 });
  expect(await sweep({ store, queue, clock })).toMatchObject({ due: 1, sent: 1 });
});

test('two runs at once send each event once', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  for (let i = 0; i < 50; i++) await receive(scalekitDelivery({ id: `evt_${i}` }));
  queue.down = false;
  clock.advance(60_000);
  const runs = await Promise.all([sweep({ store, queue, clock }), sweep({ store, queue, clock })]);

  expect(runs[0].sent + runs[1].sent).toBe(50);
  expect(new Set(queue.sent.map(({ body }) => body)).size).toBe(50);
});

test('a queue that is still down costs nothing but the wait', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  await receive(scalekitDelivery());
  clock.advance(60_000);
  expect(await sweep({ store, queue, clock })).toMatchObject({ due: 1, sent: 0, skipped: 0, failed: 1 });

  queue.down = false;
  clock.advance(120_000);
  expect(await sweep({ store, queue, clock })).toMatchObject({ due: 1, sent: 1, skipped: 0, failed: 0 });
});

test('how long the oldest has waited is told by source', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  await receive(scalekitDelivery({ id: 'first' }));
  clock.advance(90_000);
  await receive(scalekitDelivery({ id: 'second' }));
  clock.advance(60_000);

  let waitedMs: ReadonlyMap<string, number> = new Map();
  await sweep({ store, queue, clock }, { until: Infinity, found: (waited) => (waitedMs = waited) });
  expect([...waitedMs]).toEqual([['scalekit', 150_000]]);
});

/** What ten runs, a minute apart, tell of how long Scalekit's oldest has waited. */
async function waitedMinutes(ports: Pick<ReturnType<typeof gatewayInMemory>, 'store' | 'queue' | 'clock'>) {
  const minutes: number[] = [];
  const found = (waitedMs: ReadonlyMap<string, number>) => minutes.push((waitedMs.get('scalekit') ?? 0) / 60_000);
  for (let minute = 0; minute <= 9; minute++) {
    await sweep(ports, { until: Infinity, found });
    ports.clock.advance(60_000);
  }
  return minutes;
}

test('how long an event has waited is told also while it is put off', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  await receive(scalekitDelivery());

  expect(await waitedMinutes({ store, queue, clock })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a replay waits since it was asked for, however often it is sent', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  await receive(scalekitDelivery());
  const [received] = store.records.values();
  if (!received) throw new Error('not recorded');
  const done = { ...received, status: 'DONE' } as const;
  store.records.set(done.pk, done);
  clock.advance(24 * 60 * 60_000);
  await store.replay(done, { now: clock.now(), outboxAt: clock.now() + 60_000 });
  queue.down = true;

  expect(await waitedMinutes({ store, queue, clock })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a queue that hangs keeps no sweep beyond its time, and how long events have waited is told before', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  for (let i = 0; i < 50; i++) await receive(scalekitDelivery({ id: `evt_${i}` }));
  clock.advance(60_000);
  const told: string[] = [];
  const hangs = {
    send: () => {
      told.push('a send');
      clock.advance(1_000);
      return Promise.reject(new Error('timeout'));
    },
  };
  const run = { until: clock.now() + 30_000, found: () => void told.push('the wait') };

  // Twenty at a time, a second of each.
  expect(await sweep({ store, queue: hangs, clock }, run)).toMatchObject({ due: 50, failed: 40 });
  expect(told.slice(0, 2)).toEqual(['the wait', 'a send']);
});

describe('a watch over more than a run can look at', () => {
  const SECOND = 1_000;
  const PER_SECOND = 60;

  /** A source that brings sixty events a second for ten minutes; from the sixth on nobody claims them. */
  function busy() {
    const { store, clock } = gatewayInMemory();
    for (let i = 0; i < PER_SECOND * 600; i++) {
      const receivedAt = NOON + Math.floor((i * SECOND) / PER_SECOND);
      store.records.set(`github#${i}`, {
        v: 1,
        pk: `github#${i}`,
        status: receivedAt < NOON + 360 * SECOND ? 'DONE' : 'RECEIVED',
        source: 'github',
        type: 'push',
        bodySha256: 'a'.repeat(64),
        bodyBytes: 2,
        receivedAt,
        epoch: 0,
        attempt: 0,
        expiresAt: NOON / SECOND + 1_000_000,
        outboxAt: receivedAt + 60 * SECOND,
      });
    }
    return { store, clock, watch: new MemoryWatch(store, 1_000) };
  }

  test('comes to its end in one run, though its overlap alone is 10,800 events', async () => {
    const { store, clock, watch } = busy();
    clock.advance(12 * 60 * SECOND);
    await watch.note('github', NOON + 400 * SECOND);

    const { enrolled, behindMs } = await enrolUnclaimed(watch, ['github'], clock);
    expect([enrolled, store.outbox.size, behindMs.size]).toEqual([14_400, 14_400, 0]);
  });

  test('moves on in every run, however short, and tells how far it is behind', async () => {
    const { store, clock, watch } = busy();
    clock.advance(12 * 60 * SECOND);
    await watch.note('github', NOON + 400 * SECOND);
    const behind: number[] = [];
    for (let run = 0; run < 14; run++) {
      const { behindMs } = await enrolUnclaimed(watch, ['github'], clock, clock.now());
      behind.push(Math.round((behindMs.get('github') ?? 0) / SECOND));
    }

    expect(behind.slice(0, 3)).toEqual([303, 287, 270]);
    expect(behind.slice(-3)).toEqual([120, 0, 0]);
    // What the runs had no time for of the overlap is all that is left out.
    expect(store.outbox.size).toBeGreaterThan(13_000);
  });
});
