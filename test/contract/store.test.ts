import { createHash } from 'node:crypto';
import type { Claim, Fence } from '../../lambdas/core/ports.ts';
import type { EventRecord } from '../../lambdas/core/record.ts';
import { openDynalite, STORES, type StoreUnderTest } from './stores.ts';

const NOW = 1_795_334_400_000;
const SECOND = 1_000;
const DAY_SECONDS = 24 * 60 * 60;

let events = 0;

/** A record of an event that no other test has. */
function received(more: Partial<EventRecord> = {}): EventRecord {
  const id = `evt_${++events}`;
  return {
    v: 1,
    pk: `stripe#${id}`,
    status: 'RECEIVED',
    source: 'stripe',
    eventId: id,
    type: 'invoice.paid',
    route: 'invoice-paid',
    bodySha256: 'a'.repeat(64),
    bodyBytes: 2,
    receivedAt: NOW,
    epoch: 0,
    attempt: 0,
    expiresAt: NOW / 1000 + 30 * DAY_SECONDS,
    ...more,
  };
}

function claimOf({ pk, source, route, bodySha256, epoch }: EventRecord, more: Partial<Claim> = {}): Claim {
  const leaseUntil = NOW + 35 * SECOND;
  return {
    pk,
    route: `${source}/${route}`,
    bodySha256,
    epoch,
    owner: 'first',
    now: NOW,
    leaseUntil,
    sentAt: NOW,
    hop: 'main',
    ...more,
  };
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const DONE = { doneAt: NOW + SECOND, processingMs: 12 };

describe.each(STORES)('the store: %s', (_, open) => {
  let subject: StoreUnderTest;
  const store = () => subject.store;

  beforeAll(async () => {
    subject = await open();
  });

  afterAll(() => subject.close());

  /** A record that `first` has claimed. */
  async function claimed(more: Partial<EventRecord> = {}): Promise<{ record: EventRecord; fence: Fence }> {
    const record = received(more);
    await store().putRecord(record, NOW);
    await store().claim(claimOf(record));
    return { record, fence: { pk: record.pk, owner: 'first', attempt: 1 } };
  }

  test('puts a record once and returns what is there to whoever comes second', async () => {
    const record = received();
    expect(await store().putRecord(record, NOW)).toEqual({ created: true });

    const again = await store().putRecord({ ...record, bodySha256: 'b'.repeat(64) }, NOW);
    expect(again).toMatchObject({ created: false, existing: record });
    expect(await store().get(record.pk)).toMatchObject(record);
  });

  test('puts a record over an expired one that TTL has not deleted yet', async () => {
    const record = received({ expiresAt: NOW / 1000 });
    await store().putRecord(record, NOW - SECOND);

    expect(await store().putRecord(received({ pk: record.pk }), NOW)).toEqual({ created: true });
  });

  describe('of a record whose payload was never kept', () => {
    const other = { bodySha256: 'b'.repeat(64), bodyBytes: 3, type: 'invoice.voided' };
    const replaced = async (seen: EventRecord) => {
      await store().putRecord(seen, NOW);
      return store().replaceUnkept(seen, { ...seen, ...other });
    };

    test('takes another in its place, once', async () => {
      const seen = received({ outboxAt: NOW });
      expect(await replaced(seen)).toBe('replaced');
      expect(await store().get(seen.pk)).toMatchObject({ ...seen, ...other });

      expect(await store().replaceUnkept(seen, { ...seen, bodySha256: 'c'.repeat(64) })).toBe('moved-on');
      expect(await store().get(seen.pk)).toMatchObject(other);
    });

    test('finds the payload where the provider’s own id leads', async () => {
      const bytes = Buffer.from('{}');
      const seen = received({ eventId: 'in_1', bodySha256: hash(bytes) });
      await store().putBody('stripe#in_1', { sha256: hash(bytes), record: seen.pk, bytes, expiresAt: NOW });

      expect(await replaced(seen)).toBe('kept');
      expect(await store().get(seen.pk)).toMatchObject(seen);
    });

    test.each<[string, Partial<EventRecord>]>([
      ['is held', { status: 'PROCESSING', attempt: 1, owner: 'first', leaseUntil: NOW }],
      ['was given up', { status: 'PARKED', attempt: 5, movedAt: NOW }],
      ['was claimed before', { attempt: 1 }],
      ['is of a newer version', { v: 2 }],
    ])('takes none when it %s', async (_case, more) => {
      const seen = received(more);
      expect(await replaced(seen)).toBe('moved-on');
      expect(await store().get(seen.pk)).toMatchObject(seen);
    });
  });

  test('keeps a payload to the byte, also twice and also when it is large', async () => {
    const small = Buffer.from([0x00, 0xff, 0xfe, 0x0a]);
    const large = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i * 7919) >> 5));
    for (const bytes of [small, small, large]) {
      await store().putBody('stripe#body', { sha256: hash(bytes), bytes, expiresAt: NOW / 1000 + DAY_SECONDS });
    }

    expect(await store().getBody('stripe#body', hash(small))).toEqual(small);
    expect(await store().getBody('stripe#body', hash(large))).toEqual(large);
    expect(await store().getBody('stripe#body', hash(Buffer.from('neither')))).toBeUndefined();
  });

  test('claims a received record: owner, lease, one attempt more, longer life', async () => {
    const record = received({ expiresAt: NOW / 1000 + 10 });
    await store().putRecord(record, NOW);

    expect(await store().claim(claimOf(record))).toMatchObject({
      claimed: true,
      record: {
        status: 'PROCESSING',
        owner: 'first',
        leaseUntil: NOW + 35 * SECOND,
        attempt: 1,
        expiresAt: NOW / 1000 + 30 * DAY_SECONDS,
        type: 'invoice.paid',
      },
    });
  });

  test.each<[string, Partial<EventRecord>, Partial<Claim>]>([
    ['of another route', {}, { route: 'stripe/invoice-voided' }],
    ['of another source', {}, { route: 'github/invoice-paid' }],
    ['of another epoch', { epoch: 1 }, { epoch: 0 }],
    ['of another payload', {}, { bodySha256: 'f'.repeat(64) }],
    ['of a newer version', { v: 2 }, {}],
    ['that is expired', { expiresAt: NOW / 1000 }, {}],
    ['that is DONE', { status: 'DONE' }, {}],
    ['that is FILTERED', { status: 'FILTERED' }, {}],
    ['whose lease lives', { status: 'PROCESSING', owner: 'other', leaseUntil: NOW + 1 }, {}],
    [
      'whose execution died, for one who must not meet it',
      { status: 'PROCESSING', owner: 'other', leaseUntil: NOW },
      { unlessAbandoned: true },
    ],
    ['that failed and was moved on, by a message from before', { status: 'FAILED', movedAt: NOW }, { sentAt: NOW }],
    ['that is parked, by a message from before', { status: 'PARKED', movedAt: NOW }, { sentAt: NOW, hop: 'dead' }],
  ])('refuses to claim a record %s, and returns it', async (_case, more, claim) => {
    const record = received(more);
    await store().putRecord(record, NOW - 60 * SECOND);

    expect(await store().claim({ ...claimOf(record), ...claim })).toMatchObject({ claimed: false, existing: record });
  });

  test.each<[string, Partial<EventRecord>, Partial<Claim>]>([
    ['whose lease is over', { status: 'PROCESSING', owner: 'other', leaseUntil: NOW }, {}],
    ['that it holds itself', { status: 'PROCESSING', owner: 'first', leaseUntil: NOW + 1 }, {}],
    [
      'that it holds itself, and would meet no dead one',
      { status: 'PROCESSING', owner: 'first', leaseUntil: NOW },
      { unlessAbandoned: true },
    ],
    ['that failed', { status: 'FAILED', nextAt: NOW + 1 }, {}],
    ['that was moved to the dead letters, from there', { status: 'FAILED', movedAt: NOW }, { sentAt: 1, hop: 'dead' }],
    ['that was moved on, by a redriven message', { status: 'FAILED', movedAt: NOW }, { sentAt: NOW + 1 }],
    ['that is parked, by a redriven message', { status: 'PARKED', movedAt: NOW }, { sentAt: NOW + 1 }],
  ])('claims a record %s', async (_case, more, claim) => {
    const record = received({ attempt: 3, ...more });
    await store().putRecord(record, NOW);

    expect(await store().claim({ ...claimOf(record), ...claim })).toMatchObject({
      claimed: true,
      record: { attempt: 4 },
    });
  });

  test('notes with a claim how many tries went before and count no more', async () => {
    const record = received({ status: 'PROCESSING', owner: 'other', leaseUntil: NOW, attempt: 6, movedAttempt: 2 });
    await store().putRecord(record, NOW);

    expect(await store().claim({ ...claimOf(record), triedBefore: 6 })).toMatchObject({
      claimed: true,
      record: { attempt: 7, movedAttempt: 6 },
    });
    expect(await store().get(record.pk)).toMatchObject({ attempt: 7, movedAttempt: 6 });
  });

  test('refuses to claim what is not there', async () => {
    expect(await store().claim(claimOf(received()))).toEqual({ claimed: false });
  });

  test('lets one of many claims win', async () => {
    const record = received();
    await store().putRecord(record, NOW);
    const owners = Array.from({ length: 20 }, (_, i) => `owner-${i}`);
    const results = await Promise.all(owners.map((owner) => store().claim(claimOf(record, { owner }))));

    expect(results.filter(({ claimed }) => claimed)).toHaveLength(1);
  });

  test('completes under the fence, and says so again to whoever repeats it', async () => {
    const { record, fence } = await claimed();
    expect(await store().complete(fence, DONE)).toBe(true);
    expect(await store().complete(fence, DONE)).toBe(true);

    const done = await store().get(record.pk);
    expect(done).toMatchObject({ status: 'DONE', doneAt: NOW + SECOND, processingMs: 12 });
    expect(done).not.toHaveProperty('leaseUntil');
  });

  test.each<[string, Partial<Fence>]>([
    ['another owner', { owner: 'second' }],
    ['an earlier attempt', { attempt: 0 }],
  ])('refuses every end under the fence of %s', async (_case, other) => {
    const { record, fence } = await claimed();
    const lost = { ...fence, ...other };

    expect(await store().complete(lost, DONE)).toBe(false);
    expect(await store().fail(lost, { nextAt: NOW, lastError: 'x' })).toBe(false);
    expect(await store().park(lost, { movedAt: NOW, lastError: 'x' })).toBe(false);
    expect(await store().commit(lost, [{ put: { table: 'effects', item: { id: record.pk } } }], DONE)).toBe(
      'fence-lost',
    );
    expect((await store().get(record.pk))?.status).toBe('PROCESSING');
    expect(await subject.item(record.pk)).toBeUndefined();
  });

  test('fails with a reason and a time; where the message moves on, since when and at which attempt', async () => {
    const { record, fence } = await claimed();
    expect(await store().fail(fence, { nextAt: NOW + SECOND, lastError: 'down', movedAt: NOW })).toBe(true);

    expect(await store().get(record.pk)).toMatchObject({
      status: 'FAILED',
      nextAt: NOW + SECOND,
      lastError: 'down',
      movedAt: NOW,
      movedAttempt: 1,
    });
  });

  test('parks with a reason', async () => {
    const { record, fence } = await claimed();
    expect(await store().park(fence, { movedAt: NOW, lastError: 'never' })).toBe(true);

    expect(await store().get(record.pk)).toMatchObject({ status: 'PARKED', lastError: 'never', movedAttempt: 1 });
  });

  test('forgets the last error when it is done', async () => {
    const { record, fence } = await claimed();
    await store().fail(fence, { nextAt: NOW, lastError: 'down' });
    await store().claim(claimOf(record, { owner: 'second' }));
    await store().complete({ ...fence, owner: 'second', attempt: 2 }, DONE);

    expect(await store().get(record.pk)).not.toHaveProperty('lastError');
  });

  test('commits writes and DONE together, once', async () => {
    const { record, fence } = await claimed();
    const write = {
      update: { table: 'effects', key: { id: record.pk }, set: { by: 'first', list: [1, 'two', null] } },
    };
    expect(await store().commit(fence, [write], DONE)).toBe('committed');
    expect(await store().commit(fence, [write], DONE)).toBe('committed');

    expect((await store().get(record.pk))?.status).toBe('DONE');
    expect(await subject.item(record.pk)).toEqual({ id: record.pk, by: 'first', list: [1, 'two', null] });
  });

  test('updates an item without touching its other attributes, and deletes it', async () => {
    const first = await claimed();
    const id = first.record.pk;
    await store().commit(first.fence, [{ put: { table: 'effects', item: { id, kept: true } } }], DONE);
    const second = await claimed();
    await store().commit(second.fence, [{ update: { table: 'effects', key: { id }, set: { added: 1 } } }], DONE);
    expect(await subject.item(id)).toEqual({ id, kept: true, added: 1 });

    const third = await claimed();
    await store().commit(third.fence, [{ delete: { table: 'effects', key: { id } } }], DONE);
    expect(await subject.item(id)).toBeUndefined();
  });

  test('sets the outbox only while the record is received; the claim clears it', async () => {
    const record = received();
    await store().putRecord(record, NOW);
    expect(await store().setOutbox(record.pk, NOW)).toBe(true);
    expect((await store().dueOutbox(NOW, 1_000)).map(({ pk }) => pk)).toContain(record.pk);

    await store().claim(claimOf(record));
    expect(await store().setOutbox(record.pk, NOW)).toBe(false);
    expect((await store().dueOutbox(NOW, 1_000)).map(({ pk }) => pk)).not.toContain(record.pk);
  });

  test('changes nothing of a record that a newer version put into the outbox, and finds what is behind it', async () => {
    const long = NOW - 25 * DAY_SECONDS * SECOND;
    const newer = Array.from({ length: 20 }, () => received({ v: 2, outboxAt: long }));
    const ours = received({ outboxAt: long + 1 });
    for (const record of [...newer, ours]) {
      await store().putRecord({ ...record, v: 1 }, NOW);
      await store().setOutbox(record.pk, record.outboxAt ?? NOW);
    }
    for (const { pk } of newer) await subject.makeVersion(pk, 2);

    expect((await store().dueOutbox(long + 1, 8)).map(({ pk }) => pk)).toEqual([ours.pk]);
    expect(await store().setOutbox(newer[0]?.pk ?? '', NOW)).toBe(false);
    expect(await store().bumpOutbox(newer[0]?.pk ?? '', long, NOW)).toBe(false);
    await store().claim(claimOf(ours));
  });

  test('lists of the outbox what is due, oldest first', async () => {
    const later = received({ outboxAt: NOW - 20 * DAY_SECONDS * SECOND + 2 });
    const sooner = received({ outboxAt: NOW - 20 * DAY_SECONDS * SECOND + 1 });
    const notDue = received({ outboxAt: NOW - 20 * DAY_SECONDS * SECOND + 3 });
    for (const record of [later, sooner, notDue]) {
      await store().putRecord(record, NOW);
      await store().setOutbox(record.pk, record.outboxAt ?? NOW);
    }
    const due = await store().dueOutbox(NOW - 20 * DAY_SECONDS * SECOND + 2, 1_000);

    expect(due.map(({ pk }) => pk)).toEqual([sooner.pk, later.pk]);
  });

  test.each<['DONE' | 'PARKED', Partial<EventRecord>]>([
    ['DONE', { doneAt: NOW, processingMs: 5 }],
    ['PARKED', { movedAt: NOW, movedAttempt: 4, lastError: 'never' }],
  ])('starts a %s record anew: next epoch, no attempts, watched by the sweeper, longer life', async (status, more) => {
    const outboxAt = NOW - 19 * DAY_SECONDS * SECOND;
    const ended = received({ status, attempt: 4, owner: 'first', expiresAt: NOW / 1000 + 10, ...more });
    await store().putRecord(ended, NOW);
    expect(await store().replay(ended, { now: NOW, outboxAt })).toBe(true);

    const { eventId, pk } = ended;
    const again = await store().get(pk);
    expect(again).toMatchObject(received({ eventId: eventId ?? '', pk, epoch: 1, outboxAt }));
    for (const gone of ['owner', 'doneAt', 'processingMs', 'movedAt', 'movedAttempt', 'lastError']) {
      expect(again).not.toHaveProperty(gone);
    }
    expect((await store().dueOutbox(outboxAt, 1_000)).map((due) => due.pk)).toContain(pk);
    expect((await store().claim(claimOf(ended))).claimed).toBe(false);
    expect(await store().claim(claimOf(ended, { epoch: 1 }))).toMatchObject({ claimed: true, record: { attempt: 1 } });
  });

  test('says to whoever repeats a replay that it is done, and does it once', async () => {
    const ended = received({ status: 'DONE', attempt: 1 });
    await store().putRecord(ended, NOW);
    const answers = await Promise.all([1, 2].map(() => store().replay(ended, { now: NOW, outboxAt: NOW })));

    expect(answers).toEqual([true, true]);
    expect(await store().get(ended.pk)).toMatchObject({ status: 'RECEIVED', epoch: 1 });
  });

  test.each<[string, Partial<EventRecord>, Partial<EventRecord>]>([
    ['is not ended', { status: 'FAILED' }, {}],
    ['is held again', { status: 'PROCESSING' }, { status: 'PARKED' }],
    ['is in a later epoch', { status: 'DONE', epoch: 2 }, { epoch: 0 }],
    ['is of a newer version', { status: 'DONE', v: 2 }, {}],
    ['was never queued', { status: 'FILTERED' }, {}],
  ])('starts nothing anew that %s', async (_case, there, seen) => {
    const record = received(there);
    await store().putRecord(record, NOW);

    expect(await store().replay({ ...record, ...seen }, { now: NOW, outboxAt: NOW })).toBe(false);
    expect(await store().get(record.pk)).toMatchObject(there);
  });

  test('starts nothing anew that is not there', async () => {
    expect(await store().replay(received({ status: 'DONE' }), { now: NOW, outboxAt: NOW })).toBe(false);
  });

  test('moves an outbox row for one of two sweepers', async () => {
    const record = received({ outboxAt: NOW });
    await store().putRecord(record, NOW);
    const moved = await Promise.all([1, 2].map(() => store().bumpOutbox(record.pk, NOW, NOW + 60 * SECOND)));

    expect(moved.sort()).toEqual([false, true]);
    expect(await store().get(record.pk)).toMatchObject({ outboxAt: NOW + 60 * SECOND, outboxSends: 1 });
  });
});

test('a condition of the handler that does not hold refuses the whole transaction', async () => {
  const { store, client, item, close } = await openDynalite();
  const tokens: unknown[] = [];
  client.middlewareStack.add(
    (next) => (args) => {
      if ('ClientRequestToken' in args.input) tokens.push(args.input.ClientRequestToken);
      return next(args);
    },
    { step: 'initialize' },
  );
  const record = received();
  await store.putRecord(record, NOW);
  await store.claim(claimOf(record));
  const id = record.pk;
  const condition = { expression: 'attribute_exists(#id)', names: { '#id': 'id' } };

  expect(
    await store.commit(
      { pk: id, owner: 'first', attempt: 1 },
      [{ put: { table: 'effects', item: { id, by: 'nobody' }, condition } }],
      DONE,
    ),
  ).toBe('refused');
  expect(await item(id)).toBeUndefined();
  expect((await store.get(id))?.status).toBe('PROCESSING');

  // Another commit of the same attempt, at the same moment.
  const fence = { pk: id, owner: 'first', attempt: 1 };
  expect(await store.commit(fence, [{ put: { table: 'effects', item: { id, by: 'second' } } }], DONE)).toBe(
    'committed',
  );
  expect(await item(id)).toEqual({ id, by: 'second' });
  // DynamoDB refuses the same token with other writes for ten minutes.
  expect(new Set(tokens).size).toBe(2);
  await close();
});
