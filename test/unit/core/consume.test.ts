import * as z from 'zod';
import { consume, type QueuedMessage } from '../../../lambdas/core/processing/consume.ts';
import { opened, switched, UNTOUCHED } from '../../../lambdas/core/processing/breaker.ts';
import { handOf } from '../../../lambdas/core/processing/hand.ts';
import { Circuit } from '../../../lambdas/core/processing/circuit.ts';
import {
  PermanentError,
  processor,
  type ProcessorContext,
  type ProcessorLog,
} from '../../../lambdas/core/processor.ts';
import { gatewayInMemory, NOON, scalekitDelivery } from '../../support/gateway-in-memory.ts';
import { MemoryBreakers } from '../../support/memory/breakers.ts';
import type { MemoryStore } from '../../support/memory/store.ts';

const PK = 'scalekit#msg_1';
/** An event of another route. */
const OF_ANOTHER = 'scalekit#msg_2';
const silent = { info: () => undefined, warn: () => undefined };

/** One received event, and a consumer of it whose handler each test chooses. */
async function received(
  handler: (context: ProcessorContext, email: string) => Promise<void> | void = () => undefined,
  log: ProcessorLog = silent,
) {
  const { receive, store, queue, clock } = gatewayInMemory();
  await receive(scalekitDelivery());
  const body = queue.sent[0]?.body ?? '';
  const userCreated = processor({
    on: 'organization.directory.user_created',
    schema: z.object({ data: z.object({ email: z.email() }) }),
    handler: ({ payload }, context) => handler(context, payload.data.email),
  });
  const breakers = new MemoryBreakers();
  const circuit = new Circuit({ route: 'scalekit/user-created', breakers, clock });
  let executions = 0;
  /** As the queue does: each receive a quarter of an hour after the one before. */
  const takeLater = (message: Partial<QueuedMessage> = {}) => {
    clock.advance(15 * 60_000);
    return take(message);
  };
  const take = (message: Partial<QueuedMessage> = {}) =>
    consume(
      userCreated,
      {
        body,
        sentAt: NOON,
        hop: 'main',
        receives: 1,
        owner: `execution-${++executions}`,
        deadline: clock.now() + 30_000,
        ...message,
      },
      { store, clock, random: () => 1, log, circuit },
    );
  /** An execution that ends with its process: it claims, and nothing more is heard of it. */
  const dies = async (owner: string, message: Partial<QueuedMessage> = {}) => {
    const getBody = store.getBody.bind(store);
    store.getBody = () => new Promise(() => undefined);
    void take({ ...message, owner, place: 'alone' });
    await new Promise(setImmediate);
    store.getBody = getBody;
  };
  return { store, clock, breakers, take, takeLater, dies, body, record: () => store.records.get(PK) };
}

/** As over the network: whatever is asked at the same time is answered before. */
function slowly(store: MemoryStore): void {
  const commit = store.commit.bind(store);
  store.commit = async (...args) => {
    await new Promise(setImmediate);
    return commit(...args);
  };
}

describe('the handler', () => {
  test('runs once, with the typed payload, and the event is DONE', async () => {
    const seen: string[] = [];
    const { take, record } = await received((_, email) => void seen.push(email));

    expect(await take()).toMatchObject({ outcome: 'done' });
    expect(await take()).toEqual({ outcome: 'skipped', why: 'already-done', pk: PK });
    expect(seen).toEqual(['ada@example.com']);
    expect(record()).toMatchObject({ status: 'DONE', attempt: 1, processingMs: 0, doneAt: NOON });
  });

  test('gets an idempotency key that stays the same over its attempts', async () => {
    const keys: string[] = [];
    const { take } = await received(({ idempotencyKey, attempt }) => {
      keys.push(`${idempotencyKey} ${attempt}`);
      if (attempt === 1) throw new Error('not yet');
    });
    await take();
    await take();

    expect(keys).toEqual(['scalekit#msg_1@0 1', 'scalekit#msg_1@0 2']);
  });

  test('commits its writes and DONE together', async () => {
    const { take, store, record } = await received(async ({ commit }) => {
      await commit([{ put: { table: 'users', item: { id: 'user_1' } } }]);
      expect(store.records.get(PK)?.status).toBe('DONE');
    });

    expect(await take()).toMatchObject({ outcome: 'done' });
    expect(store.items.get('users/user_1')).toEqual({ id: 'user_1' });
    expect(record()?.status).toBe('DONE');
  });

  test('that fails after its commit is done all the same, and the log says so', async () => {
    const warnings: unknown[] = [];
    const { take, record } = await received(
      async ({ commit }) => {
        await commit([]);
        throw new Error('too late to matter');
      },
      { info: () => undefined, warn: (...line) => warnings.push(line) },
    );

    expect(await take()).toMatchObject({ outcome: 'done' });
    expect(record()?.status).toBe('DONE');
    expect(warnings).toEqual([
      ['the handler threw after its commit', { key: PK, reason: 'Error: too late to matter' }],
    ]);
  });

  test('that does not wait for its commit is done by it and by nothing else', async () => {
    const answers: unknown[] = [];
    const { take, store, record } = await received(({ commit }) => {
      void commit([{ put: { table: 'users', item: { id: 'user_1' } } }]).then((answer) => answers.push(answer));
    });
    slowly(store);

    expect(await take()).toMatchObject({ outcome: 'done' });
    expect(answers).toEqual(['committed']);
    expect(store.items.get('users/user_1')).toEqual({ id: 'user_1' });
    expect(record()?.status).toBe('DONE');
  });

  test('that does not wait for its commit has failed when that fails', async () => {
    const { take, store, record } = await received(({ commit }) => void commit([]));
    store.commit = async () => {
      await new Promise(setImmediate);
      throw new Error('throttled');
    };

    expect(await take()).toMatchObject({ outcome: 'failed', reason: 'Error: throttled' });
    expect(record()?.status).toBe('FAILED');
  });

  test.each([
    ['after its first', true],
    ['beside its first', false],
  ])('that commits a second time %s hears that nothing is written', async (_, waits) => {
    const answers: unknown[] = [];
    const { take, store } = await received(async ({ commit }) => {
      const put = (id: string) =>
        commit([{ put: { table: 'users', item: { id } } }]).then(
          (answer) => answers.push(answer),
          (error: unknown) => answers.push(String(error)),
        );
      const first = put('user_1');
      if (waits) await first;
      await put('user_2');
    });
    slowly(store);

    expect(await take()).toMatchObject({ outcome: 'done' });
    expect(answers.sort()).toEqual(['Error: This event has its commit already: give all writes to one.', 'committed']);
    expect([...store.items.keys()]).toEqual(['users/user_1']);
  });

  test('that outlives its lease cannot commit over its successor', async () => {
    let release: () => void = () => undefined;
    const stalled = new Promise<void>((resolve) => (release = resolve));
    const answers: unknown[] = [];
    const { take, clock, record } = await received(async ({ commit, attempt }) => {
      if (attempt === 1) await stalled;
      answers.push(await commit([{ put: { table: 'users', item: { id: `by attempt ${attempt}` } } }]).catch(String));
    });
    const first = take();
    await new Promise(setImmediate);
    clock.advance(35_001);
    await take();
    release();
    await first;
    await new Promise(setImmediate);

    expect(answers).toEqual(['committed', 'Error: Another execution holds this event now; nothing was written.']);
    expect(record()).toMatchObject({ status: 'DONE', attempt: 2 });
  });
});

describe('a failure', () => {
  test('is retried after a jittered back-off: 30 s doubling', async () => {
    const { take, record } = await received(() => {
      throw new Error('downstream is down');
    });
    const delays: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const outcome = await take();
      delays.push('delaySeconds' in outcome && outcome.delaySeconds);
    }

    expect(delays).toEqual([30, 60, 120, 240]);
    expect(record()).toMatchObject({ status: 'FAILED', attempt: 4, lastError: 'Error: downstream is down' });
  });

  test('of the last receive sends the message on, and the record says so', async () => {
    const { take, record } = await received(() => {
      throw new Error('down');
    });

    expect(await take({ receives: 10 })).toMatchObject({ outcome: 'failed', delaySeconds: 300 });
    expect(record()).toMatchObject({ status: 'FAILED', attempt: 1, movedAttempt: 1, nextAt: NOON + 300_000 });
    expect(await take({ hop: 'dead', receives: 5 })).toMatchObject({ outcome: 'parked', reason: 'Error: down' });
  });

  test('for the fifth time sends the message on to the dead letters, and no copy of it runs before it is there', async () => {
    const { take, takeLater, record } = await received(() => {
      throw new Error('still down');
    });
    for (let i = 0; i < 5; i++) await takeLater();
    expect(record()).toMatchObject({ status: 'FAILED', attempt: 5, movedAttempt: 5 });

    expect(await take()).toEqual({ outcome: 'moving', delaySeconds: 0, pk: PK });
    expect(record()?.attempt).toBe(5);
  });

  test('of a dead letter is tried five times more, five minutes apart, then parked', async () => {
    const { take, takeLater, record } = await received(() => {
      throw new Error('still down');
    });
    for (let i = 0; i < 5; i++) await takeLater();
    const outcomes = [];
    for (let i = 0; i < 5; i++) outcomes.push(await takeLater({ hop: 'dead' }));

    expect(outcomes.map((outcome) => ('delaySeconds' in outcome ? outcome.delaySeconds : -1))).toEqual([
      300, 300, 300, 300, 0,
    ]);
    expect(outcomes.at(-1)).toMatchObject({ outcome: 'parked', reason: 'Error: still down' });
    expect(record()).toMatchObject({ status: 'PARKED', attempt: 10 });
    expect(await take({ hop: 'dead' })).toEqual({ outcome: 'moving', delaySeconds: 0, pk: PK });
  });

  test('that cannot be mended by trying again parks at once; a redrive tries anew', async () => {
    let mended = false;
    const { take, record, clock } = await received(() => {
      if (!mended) throw new PermanentError('the account is closed');
    });
    expect(await take()).toMatchObject({ outcome: 'parked', reason: 'PermanentError: the account is closed' });
    expect(await take()).toMatchObject({ outcome: 'moving' });

    mended = true;
    clock.advance(60_000);
    expect(await take({ sentAt: clock.now() })).toMatchObject({ outcome: 'done' });
    expect(record()).toMatchObject({ status: 'DONE', attempt: 2 });
    expect(record()).not.toHaveProperty('lastError');
  });

  test.each([
    [new Error('still down'), 'failed'],
    [new PermanentError('the account is closed'), 'parked'],
  ])('says how long it ran: %s', async (thrown, outcome) => {
    const { take, clock } = await received(() => {
      clock.advance(1_250);
      throw thrown;
    });

    expect(await take()).toMatchObject({ outcome, processingMs: 1_250 });
  });

  test('says no time where no handler ran to its end', async () => {
    const { take, record, store } = await received();
    const cutShort = await take({ cutShort: 'exit' });
    expect(cutShort).toMatchObject({ outcome: 'failed' });
    expect(cutShort).not.toHaveProperty('processingMs');

    store.bodies.clear();
    const bodiless = await take();
    expect(bodiless).toMatchObject({ outcome: 'parked', reason: 'body-missing' });
    expect(bodiless).not.toHaveProperty('processingMs');
    expect(record()?.status).toBe('PARKED');
  });

  test('of executions that died without a word counts as well', async () => {
    const { take, store, record } = await received();
    for (let i = 1; i <= 5; i++) {
      await store.claim({
        pk: PK,
        owner: `died-${i}`,
        now: NOON,
        leaseUntil: NOON,
        sentAt: NOON,
        hop: 'main',
        route: 'scalekit/user-created',
        epoch: 0,
        bodySha256: record()?.bodySha256 ?? '',
      });
    }

    expect(await take()).toMatchObject({ outcome: 'failed', reason: 'attempts-spent: the last ones never ended' });
    expect(record()).toMatchObject({ status: 'FAILED', movedAttempt: 6 });
  });

  test('that was the death of a process: its event is not claimed beside others, so that waiting for its turn costs no try', async () => {
    const { take, dies, record, clock } = await received();
    await dies('dead/m');
    clock.advance(35_000);

    expect(await take({ place: 'together' })).toEqual({ outcome: 'apart', verdict: 'alone', pk: PK });
    expect(await take({ place: 'apart' })).toEqual({ outcome: 'apart', verdict: 'alone', pk: PK });
    expect(record()).toMatchObject({ status: 'PROCESSING', attempt: 1 });
    expect(await take({ place: 'alone' })).toMatchObject({ outcome: 'done' });
    expect(record()).toMatchObject({ status: 'DONE', attempt: 2 });
  });

  test('that ended a process alone makes its event the last one of its next batch', async () => {
    const { take, dies, clock } = await received();
    await dies('dead/m/alone');
    clock.advance(35_000);

    expect(await take({ place: 'together' })).toEqual({ outcome: 'apart', verdict: 'last', pk: PK });
  });

  test('that ended processes until no try was left keeps its event from others as a dead letter', async () => {
    const { take, dies, clock, record } = await received();
    for (let tries = 0; tries < 5; tries++) {
      await dies(`dead-${tries}`);
      clock.advance(60_000);
    }
    expect(await take({ place: 'alone' })).toMatchObject({
      outcome: 'failed',
      reason: 'attempts-spent: the last ones never ended',
    });

    expect(await take({ place: 'together', hop: 'dead', owner: 'next' })).toEqual({
      outcome: 'apart',
      verdict: 'last',
      pk: PK,
    });
    expect(await take({ place: 'alone', hop: 'dead', owner: 'next/alone' })).toMatchObject({ outcome: 'done' });
    expect(record()).toMatchObject({ status: 'DONE', attempt: 7 });
  });

  test('that ended its process, with no receive left: the event is parked with a reason, and not run', async () => {
    let runs = 0;
    const { take, dies, clock, record } = await received(() => void runs++);
    await dies('dead/m', { hop: 'dead', receives: 4 });
    clock.advance(300_000);

    expect(await take({ place: 'together', hop: 'dead', receives: 5 })).toMatchObject({ outcome: 'apart' });
    expect(await take({ place: 'alone', hop: 'dead', receives: 5 })).toMatchObject({ outcome: 'parked' });
    expect(record()).toMatchObject({
      status: 'PARKED',
      lastError: 'attempts-spent: the last one died, and no receive is left',
    });
    expect(runs).toBe(0);
  });

  test('that ended its process in the last receive of all: a redriven message tries the event anew', async () => {
    const { take, dies, clock, record } = await received();
    for (let tries = 0; tries < 6; tries++) {
      await dies(`dead-${tries}`);
      clock.advance(60_000);
    }
    const redriven = { place: 'alone', sentAt: clock.now() } as const;

    expect(await take(redriven)).toMatchObject({ outcome: 'done' });
    expect(record()).toMatchObject({ status: 'DONE', attempt: 7, movedAttempt: 6 });
  });

  test.each<[string, unknown, string]>([
    ['a string', 'oops', 'The handler threw string'],
    ['null', null, 'The handler threw an object that is not an Error'],
    ['terminal escapes', new Error('\u001b[31mred\u001b[0m\nnext'), 'Error:  [31mred [0m next'],
    ['a novel', new Error('a'.repeat(5000)), `Error: ${'a'.repeat(249)}`],
  ])('with %s has a reason of one short line', async (_, thrown, reason) => {
    const { take, record } = await received(() => {
      throw thrown;
    });
    await take();

    // The log has it whole, the record its beginning.
    expect(record()?.lastError).toBe(reason.slice(0, 120));
  });
});

describe('a payload', () => {
  test('that the schema refuses is parked with the path of what is wrong, never its value', async () => {
    const { receive, store, queue, clock } = gatewayInMemory();
    await receive(
      scalekitDelivery({
        body: '{"type":"organization.directory.user_created","data":{"email":"secret, not a mail"}}',
      }),
    );
    const strict = processor({
      on: '*',
      schema: z.object({ data: z.object({ email: z.email() }) }),
      handler: () => undefined,
    });
    const outcome = await consume(
      strict,
      { body: queue.sent[0]?.body ?? '', sentAt: NOON, hop: 'main', receives: 1, owner: 'me', deadline: NOON + 30_000 },
      {
        store,
        clock,
        random: () => 1,
        log: silent,
        circuit: new Circuit({ route: 'scalekit/user-created', breakers: new MemoryBreakers(), clock }),
      },
    );

    expect(outcome).toMatchObject({ outcome: 'parked', reason: 'invalid-payload: data.email: Invalid email address' });
  });

  test('that is not there parks the event', async () => {
    const { take, store } = await received();
    store.bodies.clear();

    expect(await take()).toMatchObject({ outcome: 'parked', reason: 'body-missing' });
  });

  test('that can’t be read is heard of once the event is claimed, and not when it is none of ours', async () => {
    const { take, store, clock, record } = await received();
    const getBody = store.getBody.bind(store);
    store.getBody = () => Promise.reject(new Error('throttled'));

    await expect(take()).rejects.toThrow('throttled');
    expect(record()).toMatchObject({ status: 'PROCESSING', owner: 'execution-1' });
    expect(await take()).toMatchObject({ outcome: 'deferred', why: 'held' });

    store.getBody = getBody;
    clock.advance(40_000);
    expect(await take()).toMatchObject({ outcome: 'done' });
  });

  test('that is no longer what was put parks the event', async () => {
    const { take, store } = await received();
    store.getBody = () => Promise.resolve('corrupt');

    expect(await take()).toMatchObject({ outcome: 'parked', reason: 'body-corrupt' });
  });
});

/** A message that is right but for the hash, changed. */
function forgedWith(change: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ v: 1, pk: PK, epoch: 0, bodySha256: 'f'.repeat(64), ...change });
}

describe('a message', () => {
  test('whose event another execution holds comes back when that lease ends', async () => {
    let release: () => void = () => undefined;
    const { take } = await received(() => new Promise<void>((resolve) => (release = resolve)));
    const first = take();
    await new Promise(setImmediate);

    expect(await take()).toEqual({ outcome: 'deferred', why: 'held', delaySeconds: 36, pk: PK });
    release();
    expect(await first).toMatchObject({ outcome: 'done' });
  });

  test('that a batch has twice, with a receipt handle each, runs once', async () => {
    let runs = 0;
    const { take } = await received(async () => {
      runs++;
      await new Promise(setImmediate);
    });
    const outcomes = await Promise.all(
      ['AQEB1', 'AQEB2'].map((handle) => take({ owner: `one invocation/${handOf(handle)}` })),
    );

    expect(outcomes).toMatchObject([{ outcome: 'done' }, { outcome: 'deferred', why: 'held' }]);
    expect(runs).toBe(1);
  });

  test.each<[string, string, string]>([
    ['is not JSON', 'hello', 'not-json'],
    ['is null', 'null', 'not-an-object'],
    ['has an unknown version', '{"v":99,"pk":"scalekit#msg_1","epoch":0,"bodySha256":"x"}', 'unknown-version'],
    ['lacks a field', '{"v":1,"pk":"scalekit#msg_1"}', 'missing-field'],
    ['names no record', forgedWith({ pk: 'scalekit#forged' }), 'no-record'],
    ['names another route’s event', forgedWith({ pk: OF_ANOTHER }), 'other-route'],
    ['names another payload', forgedWith({}), 'other-body'],
    ['has an empty key', forgedWith({ pk: '' }), 'malformed-key'],
    ['has a key without a source', forgedWith({ pk: 'BREAKER#scalekit/route' }), 'malformed-key'],
    ['has a key that no table takes', forgedWith({ pk: `scalekit#${'é'.repeat(1_020)}` }), 'malformed-key'],
    ['has its payload nowhere', forgedWith({ bodyAt: '' }), 'malformed-key'],
    ['has its payload at no text', forgedWith({ bodyAt: 7 }), 'malformed-key'],
    ['has an epoch without end', forgedWith({}).replace('"epoch":0', '"epoch":1e999'), 'malformed-epoch'],
    ['has an epoch that no table takes', forgedWith({ epoch: 1e300 }), 'malformed-epoch'],
    ['has an epoch below 0', forgedWith({ epoch: -1 }), 'malformed-epoch'],
    ['has half an epoch', forgedWith({ epoch: 0.5 }), 'malformed-epoch'],
    ['has a hash that is none', forgedWith({ bodySha256: 'F'.repeat(64) }), 'malformed-hash'],
  ])('that %s is quarantined, not run', async (_, body, reason) => {
    let runs = 0;
    const { take, store, record } = await received(() => void runs++);
    const ours = record();
    if (ours)
      store.records.set(OF_ANOTHER, { ...ours, pk: OF_ANOTHER, route: 'user-deleted', bodySha256: 'f'.repeat(64) });

    expect(await take({ body })).toEqual({ outcome: 'quarantined', delaySeconds: 0, reason });
    expect([runs, record(), store.records.get(OF_ANOTHER)?.status]).toEqual([0, ours, 'RECEIVED']);
  });

  test('from before a replay is let go', async () => {
    const { take, store, record } = await received();
    const before = record();
    if (!before) throw new Error('not recorded');
    store.records.set(PK, { ...before, epoch: 1 });

    expect(await take()).toEqual({ outcome: 'skipped', why: 'replayed-since', pk: PK });
  });

  test('of a record that a newer version wrote waits', async () => {
    const { take, store, record } = await received();
    const before = record();
    if (!before) throw new Error('not recorded');
    store.records.set(PK, { ...before, v: 2 });

    expect(await take()).toEqual({ outcome: 'deferred', why: 'newer-version', delaySeconds: 300, pk: PK });
  });
});

test('a handler that never ends is given up a second before the function is killed, with its signal aborted', async () => {
  let signal: AbortSignal | undefined;
  const { take, record, clock } = await received(
    (context) =>
      new Promise<void>(() => {
        signal = context.signal;
      }),
  );
  const taken = take();
  await new Promise(setImmediate);
  clock.advance(28_999);
  expect(signal?.aborted).toBe(false);
  clock.advance(1);

  expect(await taken).toMatchObject({ outcome: 'failed' });
  expect(signal?.aborted).toBe(true);
  expect(record()).toMatchObject({
    status: 'FAILED',
    lastError: 'DeadlineExceeded: The handler did not end within 29 s.',
  });
});

describe('while the breaker of its route is open, a message', () => {
  const ROUTE = 'scalekit/user-created';

  test('goes back unclaimed, and no attempt is counted', async () => {
    const { take, breakers, record } = await received();
    breakers.rows.set(ROUTE, opened(UNTOUCHED, NOON, 'others'));

    expect(await take()).toEqual({ outcome: 'deferred', why: 'breaker', delaySeconds: 90, pk: PK });
    expect(record()).toMatchObject({ status: 'RECEIVED', attempt: 0 });
  });

  test('is tried all the same at its last receive, or it would go on for having waited', async () => {
    const { take, breakers } = await received();
    breakers.rows.set(ROUTE, opened(UNTOUCHED, NOON, 'others'));

    expect(await take({ receives: 9 })).toMatchObject({ outcome: 'deferred' });
    expect(await take({ receives: 10 })).toMatchObject({ outcome: 'done' });
  });

  test('of a paused route is not tried, whichever receive it is', async () => {
    const { take, breakers, record } = await received();
    breakers.rows.set(ROUTE, switched(UNTOUCHED, 'pause', NOON, 'ada'));

    expect(await take({ receives: 10 })).toMatchObject({ outcome: 'deferred', why: 'breaker' });
    expect(record()).toMatchObject({ status: 'RECEIVED' });
  });

  test.each(['pause', 'open'] as const)(
    'of a route under "%s" is parked when its dead-letter queue gives it up, and not tried',
    async (word) => {
      const { take, breakers, record } = await received(() => Promise.reject(new Error('tried')));
      breakers.rows.set(ROUTE, switched(UNTOUCHED, word, NOON, 'ada'));

      expect(await take({ hop: 'dead', receives: 4 })).toMatchObject({ outcome: 'deferred', why: 'breaker' });
      expect(await take({ hop: 'dead', receives: 5 })).toMatchObject({ outcome: 'parked', delaySeconds: 0 });
      expect(record()).toMatchObject({
        status: 'PARKED',
        lastError: 'closed-by-hand: its receives were spent while its route was paused or its breaker held open',
      });
    },
  );

  test('of the dead letters is tried at its last receive, whatever its deferrals have cost', async () => {
    const { take, breakers } = await received();
    breakers.rows.set(ROUTE, opened(UNTOUCHED, NOON, 'others'));

    expect(await take({ hop: 'dead', receives: 4 })).toMatchObject({ outcome: 'deferred' });
    expect(await take({ hop: 'dead', receives: 5 })).toMatchObject({ outcome: 'done' });
  });

  test('that failed as its probe comes back after the new open time, not within it', async () => {
    const { take, breakers, clock } = await received(() => {
      throw new Error('still down');
    });
    breakers.rows.set(ROUTE, opened(UNTOUCHED, NOON, 'others'));
    clock.advance(60_000);

    expect(await take()).toMatchObject({ outcome: 'failed', delaySeconds: 180 });
    expect(breakers.rows.get(ROUTE)).toMatchObject({ state: 'OPEN', openings: 2 });
  });
});

test.each<[string, () => void, object]>([
  ['a handler that succeeds', () => undefined, { state: 'CLOSED' }],
  [
    'a permanent error',
    () => {
      throw new PermanentError('never');
    },
    { state: 'HALF_OPEN', openUntil: NOON + 60_000 },
  ],
])('of a probe %s decides for the breaker what it shows of what is behind', async (_, handler, expected) => {
  const { take, breakers, clock } = await received(handler);
  breakers.rows.set('scalekit/user-created', opened(UNTOUCHED, NOON, 'others'));
  clock.advance(60_000);
  await take();

  expect(breakers.rows.get('scalekit/user-created')).toMatchObject(expected);
});
