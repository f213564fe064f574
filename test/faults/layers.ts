import { type Configuration, CONFIGURATIONS, EVERY_DAY, PAIRED, UNUSUAL } from './configurations.ts';
import { drive, type Lane } from './drive.ts';
import { type Plan, planText } from './fault.ts';
import { isOfKind, PROBLEM_KINDS, type ProblemKind } from './history.ts';
import type { Mutant } from './mutants.ts';
import {
  type FirstFault,
  firstFaults,
  pairs,
  type Planned,
  type Plans,
  randomFaults,
  runSchedule,
  type Schedule,
  singles,
  worldOf,
} from './plans.ts';
import type { RunResult, World } from './world.ts';

export interface Failure extends Schedule {
  readonly problems: readonly string[];
}

export interface LayerResult {
  readonly layer: string;
  readonly cases: number;
  /** Schedules in which a problem of that kind was found. */
  readonly found: Readonly<Record<ProblemKind, number>>;
  readonly failed: number;
  readonly seconds: number;
  /** Of the processor. */
  readonly cpuSeconds: number;
  /** The first of those that failed, shrunk. */
  readonly failures: readonly Failure[];
}

export interface SinglesResult extends LayerResult {
  /** Every fault that befell a call, as `send=fail-after`, by the configuration's name. */
  readonly befell: ReadonlyMap<string, ReadonlySet<string>>;
  /** Configurations in which nothing was accepted and done although nothing went wrong: they prove nothing. */
  readonly vacuous: readonly string[];
}

export interface LayerOptions {
  readonly mutant?: Mutant | undefined;
  /** When to end at the latest, on the clock of `performance`. */
  readonly untilMs?: number;
  /** Ends once a schedule failed so. */
  readonly wanted?: (failure: Failure) => boolean;
}

/** Enough of them to see the pattern; each is shrunk. */
const FAILURES_KEPT = 3;
/** Schedules under way at a time: more of them do not fit into a processor's cache. */
const LANES = 8;
/** Asking for the time costs a hundredth of a schedule. */
const CASES_BETWEEN_LOOKS = 64;
const PAIR_SEEDS = [1, 2, 3, 4];

/** Every fault at every call, alone, in each configuration on each of its days. */
export async function singlesLayer(
  options: LayerOptions = {},
  configurations: readonly Configuration[] = EVERY_DAY,
): Promise<SinglesResult> {
  const left = configurations.values();
  const befell = new Map(configurations.map(({ name }) => [name, new Set<string>()]));
  const vacuous: string[] = [];
  const look = (result: RunResult, { configuration, plan }: Schedule) => {
    for (const fault of result.faulted) befell.get(configuration.name)?.add(withoutCount(fault));
    if (plan.size === 0 && !result.effective) vacuous.push(configuration.name);
  };
  const result = await layer('singles', options, () => singles(left), look);
  return { ...result, befell, vacuous };
}

/** Every two faults at every two calls, under four orders each; those that are next to each other are far apart in time. */
export async function pairsLayer(options: LayerOptions = {}): Promise<LayerResult> {
  const orders = PAIRED.flatMap((configuration) => PAIR_SEEDS.map((seed) => ({ configuration, seed }))).values();
  const firsts: FirstFault[] = [];
  await layer('pairs', { mutant: options.mutant }, () => firstFaults(orders, firsts));
  const left = spread(firsts).values();
  return layer('pairs', options, () => pairs(left));
}

/** All of them, each far from the one before, so that a part from the beginning is a part of everything. */
function spread<T>(all: readonly T[]): readonly T[] {
  const GOLDEN = 0.618_033_988_749_895;
  return all
    .map((one, at) => ({ one, place: (at * GOLDEN) % 1 }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}

/** Schedules with up to five faults, wherever the seed puts them. */
export function randomLayer({
  firstSeed,
  cases,
  ...options
}: LayerOptions & { readonly firstSeed: number; readonly cases: number }): Promise<LayerResult> {
  let next = firstSeed;
  return layer('random', options, function* () {
    while (next < firstSeed + cases) {
      const seed = next++;
      yield randomFaults(randomConfiguration(seed), seed);
    }
  });
}

/** One seed in ten has a worse day, which takes several times as many calls. */
function randomConfiguration(seed: number): Configuration {
  const list = seed % 10 === 9 ? UNUSUAL : CONFIGURATIONS;
  const configuration = list[Math.floor(seed / 10) % list.length];
  if (!configuration) throw new Error(`Seed ${seed} has no configuration.`);
  return configuration;
}

type Look = (result: RunResult, planned: Planned) => void;

async function layer(
  name: string,
  { mutant, untilMs = Infinity, wanted }: LayerOptions,
  plans: () => Plans,
  look?: Look,
): Promise<LayerResult> {
  const started = performance.now();
  const startedCpu = process.cpuUsage();
  const failures: Failure[] = [];
  const found = Object.fromEntries(PROBLEM_KINDS.map((kind) => [kind, 0])) as Record<ProblemKind, number>;
  let cases = 0;
  let failed = 0;
  let over = false;
  const ended = (result: RunResult, planned: Planned): boolean => {
    cases++;
    look?.(result, planned);
    if (result.problems.length > 0) {
      failed++;
      for (const kind of PROBLEM_KINDS) if (result.problems.some((problem) => isOfKind(kind, problem))) found[kind]++;
      const { configuration, seed, plan } = planned;
      const failure = { configuration, seed, plan, problems: result.problems };
      if (wanted?.(failure)) over = true;
      if (wanted ? over && failures.length === 0 : failures.length < FAILURES_KEPT) failures.push(failure);
    }
    if (cases % CASES_BETWEEN_LOOKS === 0) over ||= performance.now() > untilMs;
    return over;
  };
  // Failures are made by the million, and nobody reads where.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  await drive(Array.from({ length: LANES }, () => laneOf(plans(), mutant, ended))).finally(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(startedCpu);
  const shrunk: Failure[] = [];
  for (const failure of failures) shrunk.push(wanted ? failure : await shrink(failure, mutant));
  return { layer: name, cases, found, failed, seconds, cpuSeconds: (user + system) / 1e6, failures: shrunk };
}

/** Runs one schedule after the other. `ended` is told of each; true is the end. */
function laneOf(
  plans: Plans,
  mutant: Mutant | undefined,
  ended: (result: RunResult, planned: Planned) => boolean,
): Lane {
  let under: { readonly planned: Planned; readonly world: World } | undefined;
  const begin = (next: IteratorResult<Planned, void>): boolean => {
    if (!next.done) under = { planned: next.value, world: worldOf(next.value, mutant) };
    return !next.done;
  };
  return () => {
    if (!under) return begin(plans.next());
    if (under.world.advance()) return true;
    const result = under.world.result();
    return !ended(result, under.planned) && begin(plans.next(result));
  };
}

/** Leaves out faults one by one while the schedule still fails. */
async function shrink(failure: Failure, mutant?: Mutant): Promise<Failure> {
  let smallest = failure;
  for (const call of failure.plan.keys()) {
    const plan = new Map([...smallest.plan].filter(([other]) => other !== call));
    const { problems } = await runSchedule({ ...smallest, plan }, mutant);
    if (problems.length > 0) smallest = { ...smallest, plan, problems };
  }
  return smallest;
}

/** `send#2=stall` as `send=stall`. */
export function withoutCount(fault: string): string {
  return fault.replace(/#\d+/, '');
}

/** A plan's faults without the counts of their calls. */
export function faultsOfPlan(plan: Plan): string {
  return planText(plan).split(',').map(withoutCount).join(',');
}

/** What is promised first; other kinds of problems only where there are any. */
export function summary(results: readonly Pick<LayerResult, 'found'>[]): string {
  return PROBLEM_KINDS.map((kind) => ({ kind, count: results.reduce((sum, { found }) => sum + found[kind], 0) }))
    .filter(({ kind, count }) => count > 0 || kind === 'lost' || kind === 'double')
    .map(({ kind, count }) => `${count} ${kind}`)
    .join(', ');
}

/** The command that runs a schedule again. */
export function replayCommand({ configuration, seed, plan }: Schedule, mutant?: Mutant): string {
  const planted = mutant ? ` --mutant ${mutant.name}` : '';
  return `npm run faults -- --replay ${configuration.name}:${seed}:${planText(plan)}${planted}`;
}
