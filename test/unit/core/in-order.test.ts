import type { QueuedMessage } from '../../../lambdas/core/processing/consume.ts';
import type { Place } from '../../../lambdas/core/processing/place.ts';
import { Circuit } from '../../../lambdas/core/processing/circuit.ts';
import { takeInOrder, unitOf } from '../../../lambdas/core/processing/in-order.ts';
import { encodeMessage } from '../../../lambdas/core/message.ts';
import { PermanentError, processor, RetryLater } from '../../../lambdas/core/processor.ts';
import type { EventRecord } from '../../../lambdas/core/record.ts';
import { NOON } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryBreakers } from '../../support/memory/breakers.ts';
import { MemoryStore } from '../../support/memory/store.ts';

const SHA = 'a'.repeat(64);
const HANDLER_MS = 30_000;

function record(name: string, more: Partial<EventRecord> = {}): EventRecord {
  return {
    v: 1,
    pk: `skribby#${name}`,
    status: 'RECEIVED',
    source: 'skribby',
    type: 'status_update',
    route: 'in-order',
    orderKey: 'bot',
    bodySha256: SHA,
    bodyBytes: 2,
    receivedAt: NOON,
    epoch: 0,
    attempt: 0,
    expiresAt: NOON / 1000 + 1_000_000,
    ...more,
  };
}

/** A group of three events; `handler` is told which of them it has. */
function given(
  handler: (name: string) => Promise<void> | void,
  more: Readonly<Record<string, Partial<EventRecord>>> = {},
) {
  const clock = new ManualClock(NOON);
  const store = new MemoryStore();
  const breakers = new MemoryBreakers();
  const names = ['a1', 'a2', 'a3'];
  for (const name of names) {
    const row = record(name, more[name]);
    store.records.set(row.pk, row);
    void store.putBody(row.pk, { sha256: SHA, bytes: Buffer.from('{}'), expiresAt: Infinity });
  }
  const inOrder = processor({
    on: '*',
    ordered: '/bot_id',
    schema: { '~standard': { validate: (value) => ({ value }) } },
    handler: (_, { idempotencyKey }) => handler(idempotencyKey.slice('skribby#'.length, -'@0'.length)),
  });
  const seen: string[] = [];
  const run = async ({
    receives = 1,
    lastsMs = 2 * HANDLER_MS,
    place,
  }: { receives?: number; lastsMs?: number; place?: Place } = {}) => {
    const queued = names.map((name): QueuedMessage & { name: string } => ({
      name,
      body: encodeMessage({ pk: `skribby#${name}`, epoch: 0, bodySha256: SHA }),
      sentAt: NOON,
      hop: 'main',
      ordered: true,
      receives,
      ...(place && { place }),
      owner: `execution-${clock.now()}/${name}`,
      deadline: clock.now() + lastsMs,
    }));
    const failed: unknown[] = [];
    await takeInOrder(inOrder, queued, HANDLER_MS, {
      store,
      clock,
      random: () => 1,
      circuit: new Circuit({ route: 'skribby/in-order', breakers, clock }),
      log: { info: () => undefined, warn: () => undefined },
      report: () => undefined,
      failed: (_, error) => failed.push(error),
      returnAfter: ({ name }, seconds) => Promise.resolve(void seen.push(`${name} hidden ${seconds}`)),
      settle: ({ name }, verdict) => void seen.push(`${name} ${verdict}`),
    });
    return { seen: seen.splice(0), failed };
  };
  return {
    run,
    clock,
    store,
    breakers,
    attempts: () => names.map((name) => store.records.get(`skribby#${name}`)?.attempt),
  };
}

test('a group runs one after the other, and is taken', async () => {
  let running = 0;
  const order: string[] = [];
  const { run } = given(async (name) => {
    running++;
    order.push(name);
    await Promise.resolve();
    expect(running).toBe(1);
    running--;
  });

  expect((await run()).seen).toEqual(['a1 taken', 'a2 taken', 'a3 taken']);
  expect(order).toEqual(['a1', 'a2', 'a3']);
});

test('behind the first failure nothing runs: the rest goes back for as long, and no try of it is spent', async () => {
  const { run, attempts } = given((name) => {
    if (name === 'a2') throw new Error('down');
  });

  const { seen } = await run();
  expect(seen.slice(0, 3)).toEqual(['a1 taken', 'a2 hidden 30', 'a3 hidden 30']);
  expect(seen.slice(3).sort()).toEqual(['a2 returned', 'a3 returned']);
  expect(attempts()).toEqual([1, 1, 0]);
});

test.each([
  ['is parked for good', new PermanentError('never'), {}],
  ['has spent its tries', new Error('down'), { a1: { status: 'FAILED', attempt: 4 } as const }],
])('an event that %s holds nobody up, and its message is on its way', async (_, error, more) => {
  const { run, store } = given((name) => {
    if (name === 'a1') throw error;
  }, more);

  expect((await run()).seen).toEqual(['a1 hidden 0', 'a1 returned', 'a2 taken', 'a3 taken']);
  expect(store.records.get('skribby#a1')).toMatchObject({ status: 'PARKED', movedAt: NOON });
  // It comes again until its receives are spent, and does not run.
  expect((await run({ receives: 2 })).seen).toEqual(['a1 hidden 0', 'a1 returned', 'a2 taken', 'a3 taken']);
});

test('the handler’s own time counts for the whole group', async () => {
  const { run } = given(() => {
    throw new RetryLater(5);
  });

  expect((await run()).seen.slice(0, 3)).toEqual(['a1 hidden 6', 'a2 hidden 6', 'a3 hidden 6']);
});

test('while the breaker is open the whole group waits unclaimed, and only its last receive of a hundred is used', async () => {
  const { run, attempts, breakers } = given(() => undefined);
  breakers.rows.set('skribby/in-order', {
    state: 'OPEN',
    revision: 1,
    openUntil: NOON + 60_000,
    openings: 1,
    windowStart: 0,
    failures: 0,
    successes: 0,
  });

  expect((await run({ receives: 99 })).seen.slice(0, 3)).toEqual([
    'a1 hidden 41400',
    'a2 hidden 41400',
    'a3 hidden 41400',
  ]);
  expect(attempts()).toEqual([0, 0, 0]);
  expect((await run({ receives: 100 })).seen).toEqual(['a1 taken', 'a2 taken', 'a3 taken']);
});

test('an event begins only while a handler’s whole time is left', async () => {
  const { run, clock, attempts } = given(() => clock.advance(31_000));

  const { seen } = await run({ lastsMs: 60_000 });
  expect(seen.slice(0, 3)).toEqual(['a1 hidden 30', 'a2 hidden 30', 'a3 hidden 30']);
  const quick = given(() => quick.clock.advance(28_000));
  expect((await quick.run({ lastsMs: 60_000 })).seen.slice(0, 4)).toEqual([
    'a1 taken',
    'a2 taken',
    'a3 hidden 0',
    'a3 returned',
  ]);
  expect(attempts()).toEqual([1, 0, 0]);
});

test('after a thread was lost the first runs alone, and what stands behind it is given back before', async () => {
  const { run, attempts } = given(() => undefined);

  const { seen } = await run({ place: 'apart' });
  expect(seen.slice(0, 2)).toEqual(['a2 hidden 0', 'a3 hidden 0']);
  expect(seen.slice(2).sort()).toEqual(['a1 taken', 'a2 returned', 'a3 returned']);
  expect(seen.at(-1)).toBe('a1 taken');
  expect(attempts()).toEqual([1, 0, 0]);
});

test('when the table does not answer, the group returns by the queue’s own time', async () => {
  const { run, store } = given(() => undefined);
  store.claim = () => Promise.reject(new Error('DynamoDB is down'));

  const { seen, failed } = await run();
  expect(seen).toEqual(['a1 returned', 'a2 returned', 'a3 returned']);
  expect(failed).toEqual([new Error('DynamoDB is down')]);
});

test('a group is what its queue says; a message of another queue stands by itself', () => {
  const attributes = { MessageGroupId: 'bot' };
  expect(unitOf({ messageId: 'm', eventSourceARN: 'arn:aws:sqs:us-east-1:1:q.fifo', attributes })).toBe('bot');
  expect(unitOf({ messageId: 'm', eventSourceARN: 'arn:aws:sqs:us-east-1:1:q', attributes })).toBe('m');
});
