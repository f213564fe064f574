import * as fc from 'fast-check';
import { batchResponse } from '../../../lambdas/core/processing/batch-response.ts';
import { inBulk } from '../../../lambdas/core/processing/bulk.ts';
import { type EventOutcome, processor, type ProcessorContext } from '../../../lambdas/core/processor.ts';
import { type Job, supervise, type Thread, type Verdict } from '../../../lambdas/core/processing/supervise.ts';
import { NOON } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';

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

type Deed = 'well' | 'fails' | 'kills' | 'killed-before';

/** Threads that do with each message what its id says, and keep what they were asked. */
function threads(deeds: Readonly<Record<string, Deed>>) {
  const jobs: string[] = [];
  const open = { fresh: 0, most: 0 };
  let started = 0;
  const run = (kind: string, job: Job<Sent>): Promise<{ verdicts: (Verdict | undefined)[]; lost?: string }> => {
    const { messages, resumed, cutShort } = job;
    jobs.push(
      `${kind} ${messages.map(({ messageId }) => messageId).join('')}${cutShort ? ` cut short: ${cutShort.join()}` : ''}`,
    );
    const verdictOf = ({ messageId }: Sent): Verdict | undefined => {
      if (cutShort) return 'returned';
      const deed = deeds[messageId];
      if (deed === 'killed-before') return resumed ? undefined : 'apart';
      return deed === 'well' ? 'taken' : deed === 'fails' ? 'returned' : undefined;
    };
    const lost = messages.some(
      ({ messageId }) => deeds[messageId] === 'kills' || (resumed && deeds[messageId] === 'killed-before'),
    );
    // Whoever is behind the one that kills does not get to run.
    const at = messages.findIndex(({ messageId }) => deeds[messageId] === 'kills');
    const verdicts = messages.map((message, index) =>
      lost && !cutShort && at >= 0 && index > at ? undefined : verdictOf(message),
    );
    return Promise.resolve(lost && !cutShort ? { verdicts, lost: 'exit' } : { verdicts });
  };
  const standing = (): Thread<Sent> => ({ run: (job) => run('standing', job), end: () => undefined });
  const fresh = (): Thread<Sent> => {
    started += 1;
    open.most = Math.max(open.most, ++open.fresh);
    return { run: (job) => run('own', job), end: () => void open.fresh-- };
  };
  return { jobs, open, standing, fresh, started: () => started };
}

function supervised(
  messages: readonly Sent[],
  pool: ReturnType<typeof threads>,
  unitOf = ({ messageId }: Sent) => messageId,
) {
  const { standing, fresh } = pool;
  return supervise(messages, { invocation: 'me', deadline: NOON, noteMs: 1, unitOf, standing, fresh });
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

  test('never has more than three threads beside the standing one, whoever is in it, and every event a word of its own', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom<Deed>('well', 'fails', 'kills', 'killed-before'), { minLength: 1, maxLength: 10 }),
        async (deeds) => {
          const named = Object.fromEntries(deeds.map((deed, at) => [`m${at}`, deed]));
          const pool = threads(named);
          const taken = await supervised(sent(...Object.keys(named)), pool);
          expect(pool.open.most).toBeLessThanOrEqual(3);
          for (const [id, deed] of Object.entries(named))
            expect(taken.get(id)).toBe(deed === 'well' ? 'taken' : 'returned');
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
