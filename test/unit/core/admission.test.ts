import { type Admissions, limiter } from '../../../lambdas/core/admission.ts';
import { gatewayInMemory, NOON, scalekitDelivery } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** As the table counts, for all containers. */
function counted(): Admissions & { readonly writes: number[]; down: boolean } {
  const totals = new Map<string, number>();
  const writes: number[] = [];
  return {
    writes,
    down: false,
    add(source, minute, count) {
      if (this.down) return Promise.reject(new Error('DynamoDB is down'));
      writes.push(count);
      const total = (totals.get(`${source} ${minute}`) ?? 0) + count;
      totals.set(`${source} ${minute}`, total);
      return Promise.resolve(total);
    },
  };
}

async function admittedOf(limits: readonly ReturnType<typeof limiter>[], deliveries: number, clock: ManualClock) {
  let admitted = 0;
  for (let sent = 0; sent < deliveries; sent++) {
    const told = limits[sent % limits.length]?.admit('scalekit', 100);
    if (told) admitted++;
    await told;
    clock.advance(100);
  }
  return admitted;
}

test('a source has its share of a minute and no more, and a new one in the next', async () => {
  const clock = new ManualClock(NOON);
  const limit = limiter(counted(), clock, () => undefined);

  expect(await admittedOf([limit], 500, clock)).toBe(100);
  clock.advance(10_000);
  expect(await admittedOf([limit], 200, clock)).toBe(100);
});

test('containers count together: what comes within a second of the last word is all that is too many', async () => {
  const clock = new ManualClock(NOON);
  const admissions = counted();
  const containers = [1, 2, 3, 4, 5].map(() => limiter(admissions, clock, () => undefined));

  const admitted = await admittedOf(containers, 500, clock);
  expect(admitted).toBeGreaterThanOrEqual(100);
  // Ten deliveries a second.
  expect(admitted).toBeLessThanOrEqual(110);
  expect(admissions.writes.length).toBeLessThanOrEqual(60);
});

test('while the count can’t be written a container counts for itself, and makes it good', async () => {
  const clock = new ManualClock(NOON);
  const admissions = counted();
  const failures: string[] = [];
  const limit = limiter(admissions, clock, (source) => failures.push(source));

  admissions.down = true;
  expect(await admittedOf([limit], 50, clock)).toBe(50);
  expect(failures).toContain('scalekit');
  admissions.down = false;
  expect(await admittedOf([limit], 200, clock)).toBe(50);
  // All but those of its last second.
  expect(admissions.writes.reduce((sum, count) => sum + count, 0)).toBe(91);
});

test('what is above is answered 429, and only what was proved counts', async () => {
  const { receive, store } = gatewayInMemory({ admitPerMinute: 2 });
  const forged = await receive(scalekitDelivery({ id: 'forged', key: Buffer.from('not the key') }));
  expect(forged).toMatchObject({ receipt: 'rejected', reason: 'wrong-secret-or-changed-body' });

  for (const id of ['evt_1', 'evt_2'])
    expect(await receive(scalekitDelivery({ id }))).toMatchObject({ receipt: 'accepted' });
  expect(await receive(scalekitDelivery({ id: 'evt_3' }))).toEqual({ receipt: 'rejected', reason: 'throttled' });
  expect(store.records.size).toBe(2);
});
