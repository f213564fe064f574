import { consume } from '../../../lambdas/core/processing/consume.ts';
import { processor } from '../../../lambdas/core/processor.ts';
import { type EventRecord, RECORD_TTL_SECONDS } from '../../../lambdas/core/record.ts';
import { replay, type ReplayPorts } from '../../../lambdas/core/replay.ts';
import { Circuit } from '../../../lambdas/core/processing/circuit.ts';
import { sweep } from '../../../lambdas/core/sweep.ts';
import { NOON } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryBreakers } from '../../support/memory/breakers.ts';
import { MemoryQueue } from '../../support/memory/queue.ts';
import { MemoryStore } from '../../support/memory/store.ts';

const PK = 'stripe#evt_1';
const SHA = 'a'.repeat(64);

function recordOf(more: Partial<EventRecord>): EventRecord {
  return {
    v: 1,
    pk: PK,
    status: 'RECEIVED',
    source: 'stripe',
    eventId: 'evt_1',
    type: 'invoice.paid',
    route: 'invoice-paid',
    bodySha256: SHA,
    bodyBytes: 2,
    receivedAt: NOON - 1_000,
    epoch: 0,
    attempt: 0,
    expiresAt: NOON / 1000 + RECORD_TTL_SECONDS,
    ...more,
  };
}

function given(more: Partial<EventRecord>) {
  const record = recordOf(more);
  const store = new MemoryStore();
  store.records.set(record.pk, record);
  const queue = new MemoryQueue();
  const clock = new ManualClock(NOON);
  const ports: ReplayPorts = { store, queue, clock, routes: new Set(['stripe/invoice-paid']) };
  return { record, store, queue, clock, ports };
}

test.each<[string, Partial<EventRecord>]>([
  ['was never queued', { status: 'RECEIVED' }],
  ['waits for its next attempt', { status: 'FAILED', attempt: 2, nextAt: NOON + 1 }],
  ['is parked', { status: 'PARKED', attempt: 10, movedAt: NOON - 1, movedAttempt: 10 }],
  ['was left behind by an execution that died', { status: 'PROCESSING', attempt: 1, leaseUntil: NOON }],
])('an event that %s is sent once more, under the same key', async (_case, more) => {
  const { record, store, queue, ports } = given(more);

  expect(await replay(record, false, ports)).toEqual({ replay: 'sent', record });
  expect(queue.sent).toMatchObject([
    { source: 'stripe', route: 'invoice-paid', body: `{"v":1,"pk":"stripe#evt_1","epoch":0,"bodySha256":"${SHA}"}` },
  ]);
  expect(store.records.get(PK)).toEqual(record);
});

test('what is done is left alone, and the answer says so', async () => {
  const { record, queue, ports } = given({ status: 'DONE', attempt: 1 });

  expect(await replay(record, false, ports)).toEqual({ replay: 'already-done', record });
  expect(queue.sent).toEqual([]);
});

test.each(['DONE', 'PARKED'] as const)('force starts a %s event in the next epoch', async (status) => {
  const { record, store, queue, ports } = given({ status, attempt: 3, epoch: 4, owner: 'me', lastError: 'x' });
  const result = await replay(record, true, ports);

  expect(result).toMatchObject({
    replay: 'restarted',
    via: 'queue',
    record: { epoch: 5, attempt: 0, status: 'RECEIVED' },
  });
  expect(queue.sent.map(({ body }) => body)).toEqual([`{"v":1,"pk":"stripe#evt_1","epoch":5,"bodySha256":"${SHA}"}`]);
  expect(store.records.get(PK)).toEqual(recordOf({ epoch: 5, outboxAt: NOON + 60_000 }));
});

test('where the queue does not take it, the sweeper sends the new epoch', async () => {
  const { record, store, queue, clock, ports } = given({ status: 'DONE' });
  queue.down = true;
  expect(await replay(record, true, ports)).toMatchObject({ replay: 'restarted', via: 'outbox' });

  queue.down = false;
  clock.advance(60_000);
  await sweep({ store, queue, clock });
  expect(queue.sent.map(({ body }) => body)).toEqual([`{"v":1,"pk":"stripe#evt_1","epoch":1,"bodySha256":"${SHA}"}`]);
});

test('without force, a queue that does not take it is a failure that the caller hears of', async () => {
  const { record, queue, ports } = given({ status: 'PARKED' });
  queue.down = true;

  await expect(replay(record, false, ports)).rejects.toThrow('SQS is down');
});

const EXPIRED_PAYLOAD = { receivedAt: NOON - 60 * 24 * 60 * 60_000 };

test.each<[string, Partial<EventRecord>, boolean]>([
  ['not-ended', { status: 'RECEIVED' }, true],
  ['not-ended', { status: 'FAILED' }, true],
  ['not-ended', { status: 'PROCESSING', leaseUntil: NOON }, true],
  ['processing', { status: 'PROCESSING', leaseUntil: NOON + 1 }, false],
  ['not-found', { status: 'DONE', expiresAt: NOON / 1000 }, true],
  ['newer-version', { status: 'DONE', v: 2 }, true],
  ['newer-version', { status: 'PARKED', v: 2 }, false],
  ['no-route', { status: 'DONE', route: 'gone' }, true],
  ['no-route', { status: 'FILTERED', route: undefined as never }, true],
  ['no-route', { status: 'FILTERED', route: undefined as never }, false],
  ['payload-expired', { status: 'DONE', ...EXPIRED_PAYLOAD }, true],
  ['payload-expired', { status: 'PARKED', ...EXPIRED_PAYLOAD }, false],
])('refuses (%s) the record %j, force %s, and changes nothing', async (why, more, force) => {
  const { record, store, queue, ports } = given(more);

  expect(await replay(record, force, ports)).toMatchObject({ replay: 'refused', why });
  expect(store.records.get(PK)).toEqual(record);
  expect(queue.sent).toEqual([]);
});

test('refuses what is not there', async () => {
  const { ports } = given({});

  expect(await replay(undefined, true, ports)).toEqual({ replay: 'refused', why: 'not-found' });
});

test('refuses what somebody changed since it was looked at', async () => {
  const { record, store, ports } = given({ status: 'PARKED' });
  store.records.set(PK, { ...record, status: 'PROCESSING', owner: 'a redrive' });

  expect(await replay(record, true, ports)).toMatchObject({ replay: 'refused', why: 'changed' });
});

test('a new epoch runs the handler once under a new key; a message of the epoch before is dropped', async () => {
  const { record, store, queue, clock, ports } = given({ status: 'DONE', attempt: 1 });
  await store.putBody(PK, { sha256: SHA, bytes: Buffer.from('{}'), expiresAt: NOON });
  await replay(record, true, ports);
  const keys: string[] = [];
  const subject = processor({
    on: '*',
    schema: { '~standard': { validate: (value) => ({ value }) } },
    handler: (_event, { idempotencyKey }) => void keys.push(idempotencyKey),
  });
  const outcomeOf = async (body: string) => {
    const queued = { body, sentAt: NOON, hop: 'main', receives: 1, owner: 'me', deadline: NOON + 30_000 } as const;
    const circuit = new Circuit({ route: 'stripe/invoice-paid', breakers: new MemoryBreakers(), clock });
    const log = { info: () => undefined, warn: () => undefined };
    return consume(subject, queued, { store, clock, random: () => 0, log, circuit });
  };

  expect(await outcomeOf(`{"v":1,"pk":"stripe#evt_1","epoch":0,"bodySha256":"${SHA}"}`)).toMatchObject({
    outcome: 'skipped',
    why: 'replayed-since',
  });
  for (const { body } of queue.sent) expect(await outcomeOf(body)).toMatchObject({ outcome: 'done' });
  expect(keys).toEqual(['stripe#evt_1@1']);
});
