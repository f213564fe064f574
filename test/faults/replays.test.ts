import { parsePlan } from './fault.ts';
import { configurationNamed } from './configurations.ts';
import type { Mutant } from './mutants.ts';
import { runSchedule } from './plans.ts';

const CONFIGURATION = configurationNamed('scalekit/1/commit/replays');

async function problemsOf(plan: string, mutant?: Mutant): Promise<readonly string[]> {
  const schedule = { configuration: CONFIGURATION, seed: 1, plan: parsePlan(plan) };
  return (await runSchedule(schedule, mutant)).problems;
}

test('a person replays in every schedule: resumed, refused while it runs, and begun anew', async () => {
  const lines: string[] = [];
  const schedule = { configuration: CONFIGURATION, seed: 1, plan: new Map() };
  await runSchedule(schedule, undefined, (line) => lines.push(line));
  const calls = lines.map((line) => line.split(' ')[2] ?? '');

  expect(calls.filter((call) => call.startsWith('replay-get'))).toHaveLength(4);
  expect(calls).toEqual(expect.arrayContaining(['replay-epoch#1', 'replay-send#1', 'commit#2']));
});

test.each(['none', 'replay-epoch#1=sdk-repeat', 'replay-epoch#1=fail-after', 'replay-send#1=crash-before'])(
  'each epoch has its effect once: %s',
  async (plan) => {
    expect(await problemsOf(plan)).toEqual([]);
  },
);

test.each<[string, Mutant, string]>([
  [
    'keeps the epoch',
    {
      name: 'replay-in-the-same-epoch',
      seen: 'setting the row back to its first state by hand',
      exposed: { problem: 'illegal', at: 'none', day: 'replays' },
      plant: (table) => ({
        store: {
          replay: (seen) => {
            table.records.set(seen.pk, { ...seen, status: 'RECEIVED', attempt: 0 });
            return Promise.resolve(true);
          },
        },
      }),
    },
    'illegal: scalekit#msg_1: DONE → RECEIVED',
  ],
  [
    'is not watched until it is sent',
    {
      name: 'replay-without-outbox',
      seen: 'put-then-send once more',
      exposed: { problem: 'lost', at: 'replay-send=crash-before', day: 'replays' },
      plant: (table) => ({
        store: {
          replay: async (seen, next) => {
            const done = await table.replay(seen, next);
            const { outboxAt: _outboxAt, ...record } = table.records.get(seen.pk) ?? seen;
            table.records.set(seen.pk, record);
            return done;
          },
        },
      }),
    },
    'lost: the event was acknowledged and had no effect in epoch 1',
  ],
])('the checker finds a replay that %s', async (_what, mutant, problem) => {
  expect(await problemsOf('replay-send#1=crash-before,replay-send#2=crash-before', mutant)).toContain(problem);
});
