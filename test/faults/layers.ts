import { type Configuration, CONFIGURATIONS, MIXED, SCENARIOS } from './configurations.ts';
import { drive, type Run, runToEnd } from './drive.ts';
import { planText } from './fault.ts';
import type { Mutant } from './mutants.ts';
import { type Add, pairs, randomFaults, runSchedule, type Schedule, singles } from './plans.ts';

export interface Failure extends Schedule {
  readonly problems: readonly string[];
}

export interface LayerResult {
  readonly layer: string;
  readonly cases: number;
  readonly lost: number;
  readonly double: number;
  readonly seconds: number;
  readonly failures: readonly Failure[];
}

export interface SinglesResult extends LayerResult {
  /** Every fault that befell a call, as `send=fail-after`. */
  readonly befell: ReadonlySet<string>;
  /** Configurations in which nothing was accepted and done although nothing went wrong: they prove nothing. */
  readonly vacuous: readonly string[];
}

/** Enough of them to see the pattern; each is shrunk. */
const FAILURES_KEPT = 3;
/** Schedules under way at a time. */
const LANES = 32;
/** Asking for the time costs a hundredth of a schedule. */
const CASES_BETWEEN_LOOKS = 64;
const PAIR_SEEDS = [1, 2, 3, 4];

/** Every fault at every call, alone, in each configuration. */
export async function singlesLayer(mutant?: Mutant): Promise<SinglesResult> {
  const schedules = [...CONFIGURATIONS, ...SCENARIOS].flatMap((configuration) => [...singles(configuration)]).values();
  const befell = new Set<string>();
  const vacuous: string[] = [];
  const result = await layer('singles', mutant, Infinity, function* (add) {
    for (const schedule of schedules) {
      const ended = yield* runSchedule(schedule, mutant);
      for (const fault of ended.faulted) befell.add(fault.replace(/#\d+/, ''));
      if (schedule.plan.size === 0 && !ended.effective) vacuous.push(schedule.configuration.name);
      if (add(ended, schedule)) return;
    }
  });
  return { ...result, befell, vacuous };
}

/** Every two faults at every two calls, under four orders each. */
export function pairsLayer(mutant?: Mutant, untilMs = Infinity): Promise<LayerResult> {
  const all = [...CONFIGURATIONS, ...SCENARIOS].flatMap((configuration) =>
    PAIR_SEEDS.map((seed) => ({ configuration, seed })),
  );
  const left = all.values();
  return layer('pairs', mutant, untilMs, function* (add) {
    for (const { configuration, seed } of left) yield* pairs(configuration, seed, add, mutant);
  });
}

/** Schedules with up to five faults, wherever the seed puts them. */
export function randomLayer(
  options: { readonly firstSeed: number; readonly cases: number; readonly untilMs: number },
  mutant?: Mutant,
): Promise<LayerResult> {
  const end = options.firstSeed + options.cases;
  let next = options.firstSeed;
  return layer('random', mutant, options.untilMs, function* (add) {
    while (next < end) {
      const seed = next++;
      const { result, schedule } = yield* randomFaults(randomConfiguration(seed), seed, mutant);
      if (add(result, schedule)) return;
    }
  });
}

const UNUSUAL = [...SCENARIOS, ...MIXED];

/** One seed in five has a worse day, which takes several times as many calls. */
function randomConfiguration(seed: number): Configuration {
  const list = seed % 5 === 4 ? UNUSUAL : CONFIGURATIONS;
  const configuration = list[Math.floor(seed / 5) % list.length];
  if (!configuration) throw new Error(`Seed ${seed} has no configuration.`);
  return configuration;
}

async function layer(
  name: string,
  mutant: Mutant | undefined,
  untilMs: number,
  lane: (add: Add) => Run<void>,
): Promise<LayerResult> {
  const started = performance.now();
  const failures: Failure[] = [];
  let cases = 0;
  let lost = 0;
  let double = 0;
  let late = false;
  const add: Add = (result, schedule) => {
    cases++;
    if (result.problems.length > 0 && failures.length < FAILURES_KEPT) {
      lost += result.lost;
      double += result.double;
      failures.push({ ...schedule, problems: result.problems });
    }
    if (cases % CASES_BETWEEN_LOOKS === 0) late = performance.now() > untilMs;
    return failures.length >= FAILURES_KEPT || late;
  };
  await drive(Array.from({ length: LANES }, () => lane(add)));
  const seconds = (performance.now() - started) / 1000;
  const shrunk = await Promise.all(failures.map((failure) => shrink(failure, mutant)));
  return { layer: name, cases, lost, double, seconds, failures: shrunk };
}

/** Leaves out faults one by one while the schedule still fails. */
async function shrink(failure: Failure, mutant?: Mutant): Promise<Failure> {
  let smallest = failure;
  for (const call of failure.plan.keys()) {
    const plan = new Map([...smallest.plan].filter(([other]) => other !== call));
    const { problems } = await runToEnd(runSchedule({ ...smallest, plan }, mutant));
    if (problems.length > 0) smallest = { ...smallest, plan, problems };
  }
  return smallest;
}

/** The command that runs a schedule again. */
export function replayCommand({ configuration, seed, plan }: Schedule, mutant?: Mutant): string {
  const planted = mutant ? ` --mutant ${mutant.name}` : '';
  return `npm run faults -- --replay ${configuration.name}:${seed}:${planText(plan)}${planted}`;
}
