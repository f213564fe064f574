import {
  PermanentError,
  type BatchEvent,
  type EventOutcome,
  processor,
  type ProcessorContext,
  type ProcessorEvent,
  type RetryOptions,
  RetryLater,
} from '../../lambdas/core/processor.ts';
import fc from '../support/property.ts';
import { type Handlers, pkOf, Route } from './route.ts';

/** What one try of an event comes to. */
const DEEDS = [
  'well',
  'commits',
  'throws',
  'throws-no-error',
  'permanent',
  'later',
  'much-later',
  'retry-after',
  'hangs',
  'dies',
  'kills',
  'refused',
  'commits-and-throws',
  'commits-and-dies',
  'commits-and-kills',
] as const;
type Deed = (typeof DEEDS)[number];

interface Shape {
  readonly kind: 'one-by-one' | 'in-bulk' | 'ordered';
  readonly retry: Required<Pick<RetryOptions, 'tries' | 'deadLetters'>>;
  /** Of each event, what its tries come to; after the last of them it begins again. */
  readonly events: readonly (readonly Deed[])[];
  readonly seed: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  kind: fc.constantFrom('one-by-one', 'in-bulk', 'ordered'),
  retry: fc.record({ tries: fc.integer({ min: 1, max: 5 }), deadLetters: fc.boolean() }),
  events: fc.array(fc.array(fc.constantFrom(...DEEDS), { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 40,
  }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

/** Of the thread, and of the whole process. */
interface Ends {
  readonly die: () => void;
  readonly kill: () => void;
}

const never = new Promise<never>(() => undefined);
const schema = { '~standard': { validate: (value: unknown) => ({ value }) } };

function routeOf({ kind, retry, events, seed }: Shape) {
  let mended = false;

  async function doIt(
    { id = '' }: ProcessorEvent<unknown>,
    context: Pick<ProcessorContext, 'attempt' | 'commit'>,
    { die, kill }: Ends,
  ) {
    const { attempt, commit } = context;
    const deeds = events[Number(id)] ?? [];
    const deed = mended ? 'commits' : deeds[(attempt - 1) % deeds.length];
    const write = () => commit([{ put: { table: 'effects', item: { id } } }]);
    switch (deed) {
      case undefined:
      case 'well':
        return;
      case 'commits':
        await write();
        return;
      case 'throws':
        throw new Error('no');
      case 'throws-no-error':
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw undefined;
      case 'permanent':
        throw new PermanentError('never');
      case 'later':
        throw new RetryLater(7);
      case 'much-later':
        throw new RetryLater(30 * 24 * 60 * 60);
      case 'retry-after':
        throw Object.assign(new Error('429'), { headers: { 'retry-after': '3600' } });
      case 'hangs':
        return never;
      case 'dies':
        die();
        return never;
      case 'kills':
        kill();
        return never;
      case 'refused':
        throw new Error(`the condition did not hold: ${await refusedBy(route, write)}`);
      case 'commits-and-throws':
        await write();
        throw new Error('too late to matter');
      case 'commits-and-dies':
        await write();
        die();
        return never;
      case 'commits-and-kills':
        await write();
        kill();
        return never;
    }
  }

  async function each(batch: readonly BatchEvent<unknown>[], ends: Ends): Promise<readonly EventOutcome[]> {
    const settled = await Promise.allSettled(batch.map((event) => doIt(event, event, ends)));
    return settled.map((end) =>
      end.status === 'fulfilled' ? 'done' : end.reason instanceof Error ? end.reason : (undefined as never),
    );
  }

  const handlers: Handlers = (die, kill) => {
    const ends = { die, kill };
    if (kind === 'in-bulk') return processor({ on: '*', schema, retry, handleBatch: (batch) => each(batch, ends) });
    const handler = (event: ProcessorEvent<unknown>, context: ProcessorContext) => doIt(event, context, ends);
    return processor({ on: '*', schema, retry, handler, ...(kind === 'ordered' && { ordered: '/group' as const }) });
  };
  const route = new Route(handlers, seed);
  for (const at of events.keys()) route.add(String(at), kind === 'ordered' ? `group-${at % 5}` : undefined);
  return { route, mend: () => (mended = true) };
}

/** A condition that does not hold: the table says so, and nothing is written. */
async function refusedBy({ store }: Route, write: () => Promise<'committed' | 'refused'>): Promise<string> {
  const commit = store.commit.bind(store);
  store.commit = () => Promise.resolve('refused');
  const answer = write();
  store.commit = commit;
  return answer;
}

/** One that killed its process in the last receive of all, after all of its tries: found by chance once. */
const DIED_LAST: Shape = {
  kind: 'one-by-one',
  retry: { tries: 5, deadLetters: false },
  events: [['kills'], ['commits-and-kills'], ['later', 'kills', 'later'], ['well']],
  seed: 1,
};

test('whatever its tries come to, each event ends DONE or PARKED, and what is parked is done after it is mended', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const { route, mend } = routeOf(shape);
      await route.untilQuiet();
      const between = route.records().filter(({ status }) => status !== 'DONE' && status !== 'PARKED');
      // A redrive of its message mends also what ended with its process when no receive was left.
      expect(between.filter(({ pk, status }) => status !== 'PROCESSING' || !route.died.has(pk))).toEqual([]);
      expect(route.forgotten).toEqual([]);

      // What is parked has a message where a person looks for it, and a reason.
      const parked = route.records().filter(({ status }) => status === 'PARKED');
      const waiting = new Set(route.queues.messages.map(({ body, hop }) => `${hop} ${pkOf(body)}`));
      for (const { pk, lastError } of parked) {
        expect(waiting).toContain(`${route.waitsIn} ${pk}`);
        expect(lastError).toBeTruthy();
      }
      for (const { status } of route.records()) if (status !== 'PROCESSING') seen.add(`${shape.kind} ${status}`);

      mend();
      route.clock.advance(60_000);
      route.queues.redrive(route.waitsIn);
      await route.untilQuiet();
      expect(new Set(route.records().map(({ status }) => status))).toEqual(new Set(['DONE']));
      expect(Math.max(0, ...route.effects.values())).toBeLessThanOrEqual(1);
      expect(route.queues.messages).toEqual([]);
    }),
    { numRuns: 300, examples: [[DIED_LAST]] },
  );
  expect(seen.size).toBe(6);
});
