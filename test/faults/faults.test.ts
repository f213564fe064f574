import { configurationNamed } from './configurations.ts';
import { runToEnd } from './drive.ts';
import { FAULTS, parsePlan, planText, SITES } from './fault.ts';
import { pairsLayer, randomLayer, replayCommand, singlesLayer } from './layers.ts';
import { MUTANTS } from './mutants.ts';
import { runSchedule } from './plans.ts';

/** A failure's line names the command that runs it again. */
function expectNoneOf(failures: Awaited<ReturnType<typeof singlesLayer>>['failures']): void {
  expect(failures.map((failure) => `${failure.problems.join('; ')}\n${replayCommand(failure)}`)).toEqual([]);
}

const seconds = (count: number) => performance.now() + count * 1000;

test('no single fault at any call loses an event or doubles an effect', async () => {
  const { failures, befell, vacuous } = await singlesLayer();

  expectNoneOf(failures);
  // Every fault did befall every call.
  const all = SITES.flatMap((site) => FAULTS.map((fault) => `${site}=${fault}`));
  expect(all.filter((fault) => !befell.has(fault))).toEqual([]);
  expect(vacuous).toEqual([]);
}, 120_000);

test('nor do two, in a slice of all pairs', async () => {
  expectNoneOf((await pairsLayer(undefined, seconds(15))).failures);
}, 60_000);

test('nor do up to five, in a minute of random schedules', async () => {
  // Every run looks at other schedules; a failure's line replays it.
  const firstSeed = Math.floor(Math.random() * 2 ** 31);
  expectNoneOf((await randomLayer({ firstSeed, cases: Infinity, untilMs: seconds(60) })).failures);
}, 120_000);

test.each(MUTANTS)('the harness finds the planted mistake: $name', async (mutant) => {
  const singles = await singlesLayer(mutant);
  const found =
    singles.failures.length > 0
      ? singles
      : await randomLayer({ firstSeed: 1, cases: 5_000, untilMs: Infinity }, mutant);

  expect(found.failures).not.toEqual([]);
});

test('a schedule is written and read back as text', () => {
  const plan = parsePlan('send#1=crash-before,claim#2=stall');
  expect(planText(plan)).toBe('send#1=crash-before,claim#2=stall');
  expect(() => parsePlan('send#1=explode')).toThrow('"send#1=explode" is no fault of a plan');
});

test('the same schedule ends the same way every time', async () => {
  const configuration = configurationNamed('scalekit/2/commit');
  const schedule = { configuration, seed: 7, plan: parsePlan('claim#1=crash-after,send#1=sdk-repeat') };
  const traces = await Promise.all(
    [1, 2].map(async () => {
      const lines: string[] = [];
      await runToEnd(runSchedule(schedule, undefined, (line) => lines.push(line)));
      return lines;
    }),
  );
  expect(traces[0]).toEqual(traces[1]);
  expect(traces[0]?.length).toBeGreaterThan(5);
});
