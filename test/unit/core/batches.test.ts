import { batchResponse } from '../../../lambdas/core/processing/batch-response.ts';
import { inBulk } from '../../../lambdas/core/processing/bulk.ts';
import { type EventOutcome, processor, type ProcessorContext } from '../../../lambdas/core/processor.ts';
import {
  type Job,
  type Ran,
  supervise,
  type Thread,
  type Verdict,
} from '../../../lambdas/core/processing/supervise.ts';
import { NOON } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import fc from '../../support/property.ts';

interface Sent {
  readonly messageId: string;
}

const sent = (...ids: string[]): Sent[] => ids.map((messageId) => ({ messageId }));

describe('the answer to a batch', () => {
  test('names what is not known to be taken', () => {
    const taken = new Map([
      ['a', 'taken'],
      ['b', 'returned'],
    ] as const);
    expect(batchResponse(sent('a', 'b', 'c'), taken)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'c' }],
    });
  });

  test('of a batch that is all deferred names all of it, and is no error', () => {
    const taken = new Map([
      ['a', 'returned'],
      ['b', 'returned'],
    ] as const);
    expect(batchResponse(sent('a', 'b'), taken).batchItemFailures).toHaveLength(2);
  });
});

/**
 * `killed-before`: ended a thread in an earlier try. `died`, `died-alone`: its last execution ended with its process,
 * beside others or by itself. `fills`: uses up the memory of all. `blocks`: stands still. `kills-late`: 23 of the 30 s later.
 */
type Deed = 'well' | 'fails' | 'kills' | 'killed-before' | 'died' | 'died-alone' | 'fills' | 'blocks' | 'kills-late';

const SECOND = 1_000;
const DEADLINE = NOON + 30 * SECOND;
/** Of the standing thread. */
const PATIENCE_MS = 5 * SECOND;

/** Threads that do with each message what its id says, on a clock of their own, and keep what they were asked. */
function threads(deeds: Readonly<Record<string, Deed>>) {
  const jobs: string[] = [];
  const open = { fresh: 0, most: 0 };
  const clock = new ManualClock(NOON);
  let started = 0;

  async function run(kind: string, job: Job<Sent>, patienceMs: number): Promise<Ran> {
    const { messages, place, cutShort, deadline } = job;
    const names = messages.map(({ messageId }) => messageId).join('');
    jobs.push(`${kind} ${names}${cutShort ? ` cut short: ${cutShort.join()}` : ''}`);
    await Promise.resolve();
    if (cutShort) return { verdicts: messages.map(() => 'returned') };
    const verdicts: (Verdict | undefined)[] = [];
    let loss: Omit<Ran, 'verdicts'> | undefined;
    for (const { messageId } of messages) {
      const deed = deeds[messageId];
      if (deed === 'well') verdicts.push('taken');
      else if (deed === 'fails') verdicts.push('returned');
      else if (deed === 'killed-before' && place === 'together') verdicts.push('apart');
      else if (deed === 'died' && place !== 'alone') verdicts.push('alone');
      else if (deed === 'died-alone' && place !== 'alone') verdicts.push('last');
      else if (deed === 'died') verdicts.push('taken');
      else if (deed === 'fills') {
        loss = { lost: 'memory', shared: true };
        break;
      } else if (deed === 'blocks') {
        const ms = Math.min(patienceMs, deadline - clock.now());
        await new Promise<void>((resolve) => void clock.alarm(ms, resolve));
        loss = { lost: `blocked for ${ms / SECOND} s` };
        break;
      } else {
        if (deed === 'kills-late') await new Promise<void>((resolve) => void clock.alarm(23 * SECOND, resolve));
        // Whoever is behind the one that kills does not get to run.
        loss = { lost: 'exit' };
        break;
      }
    }
    return { verdicts, ...loss };
  }

  const standing: Thread<Sent> = { run: (job) => run('standing', job, PATIENCE_MS), end: () => undefined };
  const fresh = (patienceMs: number): Thread<Sent> => {
    started += 1;
    open.most = Math.max(open.most, ++open.fresh);
    return { run: (job) => run(`own`, job, patienceMs), end: () => void open.fresh-- };
  };
  return { jobs, open, clock, standing, fresh, started: () => started };
}

async function supervised(
  messages: readonly Sent[],
  pool: ReturnType<typeof threads>,
  unitOf = ({ messageId }: Sent) => messageId,
) {
  const { standing, fresh, clock } = pool;
  const now = () => clock.now();
  let ended = false;
  const work = supervise(messages, {
    invocation: 'me',
    deadline: DEADLINE,
    noteMs: 3 * SECOND,
    now,
    unitOf,
    standing,
    fresh,
  }).finally(() => (ended = true));
  for (;;) {
    await new Promise(setImmediate);
    if (ended) return work;
    clock.advance((clock.nextAlarm() ?? NaN) - clock.now());
  }
}

describe('a batch', () => {
  test('whose events all end runs in one thread, whatever their end', async () => {
    const pool = threads({ a: 'well', b: 'fails' });
    expect([...(await supervised(sent('a', 'b'), pool))]).toEqual([
      ['a', 'taken'],
      ['b', 'returned'],
    ]);
    expect(pool.jobs).toEqual(['standing ab']);
  });

  test('with one that ends its thread: the others run again, each apart, and it alone is noted', async () => {
    const pool = threads({ a: 'well', b: 'kills', c: 'well', d: 'fails' });
    expect(Object.fromEntries(await supervised(sent('a', 'b', 'c', 'd'), pool))).toEqual({
      a: 'taken',
      b: 'returned',
      c: 'taken',
      d: 'returned',
    });
    expect(pool.jobs).toEqual(['standing abcd', 'own b', 'own c', 'own d', 'standing b cut short: exit']);
    expect(pool.open.fresh).toBe(0);
  });

  test('of one event that ends its thread is noted at once: nobody else can have been it', async () => {
    const pool = threads({ a: 'kills' });
    await supervised(sent('a'), pool);
    expect(pool.jobs).toEqual(['standing a', 'standing a cut short: exit']);
  });

  test('with an event that ended a thread before runs that one apart, beside none', async () => {
    const pool = threads({ a: 'well', b: 'killed-before' });
    expect(Object.fromEntries(await supervised(sent('a', 'b'), pool))).toEqual({ a: 'taken', b: 'returned' });
    expect(pool.jobs).toEqual(['standing ab', 'own b', 'standing b cut short: exit']);
  });

  test('keeps what must run in order in one thread, and what is behind the one that ends it returns', async () => {
    const pool = threads({ a1: 'kills', a2: 'well', b1: 'well' });
    const taken = await supervised(sent('a1', 'a2', 'b1'), pool, ({ messageId }) => messageId.slice(0, 1));
    expect(Object.fromEntries(taken)).toEqual({ a1: 'returned', b1: 'taken' });
    expect(pool.jobs).toEqual(['standing a1a2b1', 'own a1a2', 'own b1', 'standing a1 cut short: exit']);
  });

  test('with three that block: each has its share of the time, and nobody else is blamed or kept from its turn', async () => {
    const names = 'abcdefghij'.split('');
    const pool = threads(Object.fromEntries(names.map((name) => [name, 'abc'.includes(name) ? 'blocks' : 'well'])));
    const taken = await supervised(sent(...names), pool);
    expect(Object.fromEntries(taken)).toEqual(
      Object.fromEntries(names.map((name) => [name, 'abc'.includes(name) ? 'returned' : 'taken'])),
    );
    // The standing thread took 5 s, and 3 are for the note: ten go through three threads in four rounds of the other 22.
    expect(pool.jobs.at(-1)).toBe('standing abc cut short: blocked for 5.5 s,blocked for 5.5 s,blocked for 5.5 s');
  });

  test('for which too little time is left is not begun again, and nobody is blamed', async () => {
    const pool = threads({ a: 'kills-late', b: 'well' });
    expect(await supervised(sent('a', 'b'), pool)).toEqual(new Map());
    expect(pool.jobs).toEqual(['standing ab']);
  });

  test('with events whose process died: they run alone, when all others have their end, the one that died alone last', async () => {
    const pool = threads({ x: 'died-alone', a: 'died', b: 'kills', c: 'well', d: 'died' });
    const taken = await supervised(sent('x', 'a', 'b', 'c', 'd'), pool);
    expect(Object.fromEntries(taken)).toEqual({ a: 'taken', b: 'returned', c: 'taken', d: 'taken', x: 'returned' });
    expect(pool.jobs).toEqual([
      'standing xabcd',
      'own b',
      'own c',
      'own d',
      'standing b cut short: exit',
      'own a',
      'own d',
      'own x',
      'standing x cut short: exit',
    ]);
    expect(pool.open.most).toBe(3);
  });

  test('that uses up the memory of all threads runs again one after the other, and only the one is blamed', async () => {
    const pool = threads({ a: 'fills', b: 'well', c: 'well' });
    expect(Object.fromEntries(await supervised(sent('a', 'b', 'c'), pool))).toEqual({
      a: 'returned',
      b: 'taken',
      c: 'taken',
    });
    expect(pool.jobs).toEqual(['standing abc', 'own a', 'standing a cut short: memory', 'own b', 'own c']);
    expect(pool.open.most).toBe(1);
  });

  test('never has more than three threads beside the standing one, whoever is in it, and every event a word of its own', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<Deed>('well', 'fails', 'kills', 'killed-before', 'died', 'died-alone', 'fills'), {
          minLength: 1,
          maxLength: 10,
        }),
        async (deeds) => {
          const named = Object.fromEntries(deeds.map((deed, at) => [`m${at}`, deed]));
          const pool = threads(named);
          const taken = await supervised(sent(...Object.keys(named)), pool);
          expect(pool.open.most).toBeLessThanOrEqual(3);
          for (const [id, deed] of Object.entries(named))
            expect(taken.get(id)).toBe(deed === 'well' || deed === 'died' ? 'taken' : 'returned');
        },
      ),
    );
  });
});

describe('handleBatch', () => {
  const schema = { '~standard': { validate: (value: unknown) => ({ value: value as string }) } };
  const quiet = { info: () => undefined, warn: () => undefined };

  /** Brings events to it as their attempts would, and returns how each of them ended. */
  function bulk(
    handleBatch: (names: string[]) => readonly EventOutcome[] | void | Promise<readonly EventOutcome[] | void>,
    messages: number,
  ) {
    const clock = new ManualClock(NOON);
    const calls: string[][] = [];
    const many = processor({
      on: '*',
      schema,
      handleBatch: async (events) => {
        calls.push(events.map(({ payload }) => payload));
        return handleBatch(events.map(({ payload }) => payload));
      },
    });
    const memberOf = inBulk(many, messages, { clock, log: quiet });
    const bring = async (payload: string, attempt = 1, signal = new AbortController().signal): Promise<string> => {
      const member = memberOf();
      const context: ProcessorContext = {
        idempotencyKey: payload,
        attempt,
        signal,
        log: quiet,
        commit: () => Promise.resolve('committed'),
      };
      const event = { type: 't', source: 's', receivedAt: new Date(NOON), payload, rawBody: Buffer.from('') };
      try {
        await member.processor.handler(event, context);
        return 'done';
      } catch (thrown) {
        return String(thrown);
      } finally {
        member.leave();
      }
    };
    return { clock, calls, bring, leave: () => memberOf().leave() };
  }

  test('is called once with the events of a batch, when each is there or has ended without one', async () => {
    const { calls, bring, leave } = bulk(() => undefined, 3);
    const ends = [bring('a'), bring('b')];
    expect(calls).toEqual([]);
    leave();
    expect(await Promise.all(ends)).toEqual(['done', 'done']);
    expect(calls).toEqual([['a', 'b']]);
  });

  test('says of each event what became of it', async () => {
    const { bring } = bulk(() => ['done', new RangeError('too much'), 'done'], 3);
    expect(await Promise.all([bring('a'), bring('b'), bring('c')])).toEqual(['done', 'RangeError: too much', 'done']);
  });

  test('that throws fails all; each comes alone the next time, so that the one to blame fails alone', async () => {
    const handle = (names: string[]) => {
      if (names.includes('bad')) throw new Error('bad is in it');
    };
    const first = bulk(handle, 2);
    expect(await Promise.all([first.bring('good'), first.bring('bad')])).toEqual([
      'Error: bad is in it',
      'Error: bad is in it',
    ]);
    const second = bulk(handle, 2);
    expect(await Promise.all([second.bring('good', 2), second.bring('bad', 2)])).toEqual([
      'done',
      'Error: bad is in it',
    ]);
    expect(second.calls).toEqual([['good'], ['bad']]);
  });

  test.each<[string, unknown, string]>([
    ['too few outcomes', ['done'], 'Error: handleBatch did not return an outcome for each of its 2 events'],
    ['a word', 'done', 'Error: handleBatch did not return an outcome for each of its 2 events'],
    ['other things', [true, null], "Error: handleBatch returned neither 'done' nor an error for this event"],
  ])('that returns %s fails all', async (_, returned, error) => {
    const { bring } = bulk(() => returned as readonly EventOutcome[], 2);
    expect(await Promise.all([bring('a'), bring('b')])).toEqual([error, error]);
  });

  test('does not wait for ever for an event that does not come', async () => {
    const { clock, calls, bring } = bulk(() => undefined, 3);
    const ends = [bring('a'), bring('b')];
    clock.advance(2_000);
    expect(await Promise.all(ends)).toEqual(['done', 'done']);
    expect(await bring('late')).toBe('done');
    expect(calls).toEqual([['a', 'b'], ['late']]);
  });

  test('is not given an event that was given up meanwhile', async () => {
    const { calls, bring } = bulk(() => undefined, 2);
    const gone = new AbortController();
    void bring('gone', 1, gone.signal);
    gone.abort();
    expect(await bring('there')).toBe('done');
    expect(calls).toEqual([['there']]);
  });
});
