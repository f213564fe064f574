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
  await store.claim({ pk, owner: 'me', leaseUntil: 0, now: NOON, sentAt: NOON, hop: 'main', epoch, bodySha256 });
  clock.advance(60 * 60_000);

  expect(await sweep({ store, queue, clock })).toMatchObject({ due: 0, sent: 0, skipped: 0, failed: 0 });
});

test('what a provider sends once is sent again though it was recorded only', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  expect(await receive(skribbyDelivery())).toMatchObject({ receipt: 'accepted', via: 'outbox' });
  queue.down = false;
  const watch = new MemoryWatch(store);

  clock.advance(60_000);
  expect(await enrolUnclaimed(watch, ['skribby'], clock.now())).toBe(0);
  clock.advance(60_000);
  expect(await enrolUnclaimed(watch, ['skribby'], clock.now())).toBe(1);
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

  const { waitedMs } = await sweep({ store, queue, clock });
  expect([...waitedMs]).toEqual([['scalekit', 150_000]]);
});
