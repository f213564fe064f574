import { PermanentError, processor, RetryLater } from '../../../../../lambdas/core/processor.ts';

export interface Step {
  readonly group: string;
  /** Its place in the group. */
  readonly at: number;
  /** How often it fails before it goes well. */
  readonly fails: number;
  /** How it can't but end. */
  readonly hopeless: 'throws' | 'exits' | 'no';
}

/** Leaves a row for each event; a step that takes effect after one that stands behind it is parked. */
export default processor({
  on: '*',
  ordered: '/group',
  schema: { '~standard': { validate: (value) => ({ value: value as Step }) } },
  tables: ['steps', 'groups'],
  retry: { tries: 2, firstWait: 1, longestWait: 1 },
  handler: async ({ payload: { group, at, fails, hopeless } }, { attempt, commit }) => {
    const startedAt = Date.now();
    if (hopeless === 'throws') throw new PermanentError('hopeless');
    if (hopeless === 'exits') process.exit(1);
    // Not an ordinary failure: so many in so short a time would open the breaker.
    if (attempt <= fails) throw new RetryLater(1);
    const written = await commit([
      { put: { table: 'steps', item: { id: `${group}-${at}`, group, at, startedAt } } },
      {
        update: {
          table: 'groups',
          key: { id: group },
          set: { last: at },
          condition: {
            expression: 'attribute_not_exists(#last) OR #last < :at',
            names: { '#last': 'last' },
            values: { ':at': at },
          },
        },
      },
    ]);
    if (written === 'refused') throw new PermanentError('out of order');
  },
});
