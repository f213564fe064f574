import { sweep } from '../../../lambdas/core/sweep.ts';
import { gatewayInMemory, NOON, skribbyDelivery } from '../../support/gateway-in-memory.ts';

test('an event that nobody claimed is sent again after a minute, then after two, four, eight …', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  await receive(skribbyDelivery());
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

test('two runs at once send each event once', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  for (let i = 0; i < 50; i++) await receive(skribbyDelivery({ status: `state-${i}` }));
  queue.down = false;
  clock.advance(60_000);
  const runs = await Promise.all([sweep({ store, queue, clock }), sweep({ store, queue, clock })]);

  expect(runs[0].sent + runs[1].sent).toBe(50);
  expect(new Set(queue.sent.map(({ body }) => body)).size).toBe(50);
});

test('a queue that is still down costs nothing but the wait', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  await receive(skribbyDelivery());
  clock.advance(60_000);
  expect(await sweep({ store, queue, clock })).toMatchObject({ due: 1, sent: 0, skipped: 0, failed: 1 });

  queue.down = false;
  clock.advance(120_000);
  expect(await sweep({ store, queue, clock })).toMatchObject({ due: 1, sent: 1, skipped: 0, failed: 0 });
});

test('how long the oldest has waited is told by source', async () => {
  const { receive, store, queue, clock } = gatewayInMemory();
  queue.down = true;
  await receive(skribbyDelivery({ status: 'first' }));
  clock.advance(90_000);
  await receive(skribbyDelivery({ status: 'second' }));
  clock.advance(60_000);

  const { waitedMs } = await sweep({ store, queue, clock });
  expect([...waitedMs]).toEqual([['skribby', 150_000]]);
});
