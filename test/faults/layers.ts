import { FAULTS, type Fault, type Plan, planText, type Site, SITES } from './fault.ts';
import type { Mutant } from './mutants.ts';
import { seeded } from './random.ts';
import { type Configuration, run, type RunResult } from './world.ts';

/** Provider with and without retries, one delivery and two at once, an effect in the transaction and one outside. */
export const CONFIGURATIONS: readonly Configuration[] = (['scalekit', 'skribby'] as const).flatMap((provider) =>
  ([1, 2] as const).flatMap((copies) =>
    (['commit', 'plain'] as const).map((effect) => ({
      name: `${provider}/${copies}/${effect}`,
      provider,
      copies,
      effect,
    })),
  ),
);

/** What is behind the handler is down for two minutes; other events have opened the breaker already. */
const OUTAGES: readonly Configuration[] = (['commit', 'plain'] as const).map((effect) => ({
  name: `scalekit/1/${effect}/outage`,
  provider: 'scalekit',
  copies: 1,
  effect,
  outage: true,
}));

/** A person lets it run again: once in the midst of it, and twice when it should have ended. */
const REPLAYS: readonly Configuration[] = (['commit', 'plain'] as const).map((effect) => ({
  name: `scalekit/1/${effect}/replays`,
  provider: 'scalekit',
  copies: 1,
  effect,
  replays: true,
}));

/** The random layer also makes effects that carry the key on. */
const RANDOM_CONFIGURATIONS: readonly Configuration[] = [
  ...CONFIGURATIONS,
  ...OUTAGES.slice(0, 1),
  ...REPLAYS,
  {
    name: 'skribby/2/commit/broken/replays',
    provider: 'skribby',
    copies: 2,
    effect: 'commit',
    broken: true,
    replays: true,
  },
  { name: 'scalekit/2/keyed', provider: 'scalekit', copies: 2, effect: 'keyed' },
  { name: 'scalekit/1/commit/broken', provider: 'scalekit', copies: 1, effect: 'commit', broken: true },
  { name: 'skribby/2/commit/broken', provider: 'skribby', copies: 2, effect: 'commit', broken: true },
  { name: 'skribby/1/keyed', provider: 'skribby', copies: 1, effect: 'keyed' },
];

/** One schedule, complete: enough to run it again. */
export interface Schedule {
  readonly configuration: Configuration;
  readonly seed: number;
  readonly plan: Plan;
}

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

/** Enough of them to see the pattern; each is shrunk. */
const FAILURES_KEPT = 3;

export function runSchedule(
  { configuration, seed, plan }: Schedule,
  mutant?: Mutant,
  trace?: (line: string) => void,
): Promise<RunResult> {
  const faultFor = (_: Site, call: string) => plan.get(call);
  return run({ configuration, random: seeded(seed), faultFor, mutant, ...(trace && { trace }) });
}

/** Calls of each kind that a fault may hit: the first three tell the first try from a repeat. */
const CALLS = [1, 2, 3] as const;

function* singles(): Generator<Plan> {
  yield new Map();
  for (const site of SITES) {
    for (const count of CALLS) {
      for (const fault of FAULTS) yield new Map([[`${site}#${count}`, fault]]);
    }
  }
}

function* pairs(): Generator<Plan> {
  const calls = SITES.flatMap((site) => [1, 2].map((count) => `${site}#${count}`));
  for (const [at, first] of calls.entries()) {
    for (const second of calls.slice(at + 1)) {
      for (const a of FAULTS)
        for (const b of FAULTS)
          yield new Map<string, Fault>([
            [first, a],
            [second, b],
          ]);
    }
  }
}

/** Every fault at every call, alone, in each configuration. */
export function singlesLayer(mutant?: Mutant): Promise<LayerResult> {
  return layer('singles', schedulesOf(singles, [1], [...CONFIGURATIONS, ...OUTAGES, ...REPLAYS]), mutant);
}

/** Every two faults at every two calls, under four orders each. */
export function pairsLayer(mutant?: Mutant, untilMs = Infinity): Promise<LayerResult> {
  // The configurations with the most to go wrong: both providers, two copies.
  const configurations = CONFIGURATIONS.filter(({ copies }) => copies === 2);
  return layer('pairs', schedulesOf(pairs, [1, 2, 3, 4], configurations), mutant, untilMs);
}

function* schedulesOf(
  plans: () => Generator<Plan>,
  seeds: readonly number[],
  configurations: readonly Configuration[],
): Generator<Schedule> {
  for (const configuration of configurations) {
    for (const plan of plans()) for (const seed of seeds) yield { configuration, seed, plan };
  }
}

async function layer(
  name: string,
  schedules: Iterable<Schedule>,
  mutant?: Mutant,
  untilMs = Infinity,
): Promise<LayerResult> {
  const tally = new Tally(name);
  for (const schedule of schedules) {
    if (performance.now() > untilMs) break;
    const result = await runSchedule(schedule, mutant);
    if (await tally.add(result, schedule, mutant)) break;
  }
  return tally.end();
}

/** Schedules with up to five faults, wherever the seed puts them. */
export async function randomLayer(
  options: { readonly firstSeed: number; readonly cases: number; readonly untilMs: number },
  mutant?: Mutant,
): Promise<LayerResult> {
  const tally = new Tally('random');
  for (let seed = options.firstSeed; seed < options.firstSeed + options.cases; seed++) {
    if (performance.now() > options.untilMs) break;
    const configuration = RANDOM_CONFIGURATIONS[seed % RANDOM_CONFIGURATIONS.length];
    if (!configuration) continue;
    // Faults are drawn beside the orders, so that a plan alone replays the same orders.
    const dice = seeded(seed ^ 0x5bd1e995);
    let left = 5;
    const plan = new Map<string, Fault>();
    const result = await run({
      configuration,
      random: seeded(seed),
      mutant,
      faultFor: (_, call) => {
        if (left === 0 || dice() > 0.2) return undefined;
        const fault = FAULTS[Math.floor(dice() * FAULTS.length)];
        if (fault) plan.set(call, fault);
        left--;
        return fault;
      },
    });
    if (await tally.add(result, { configuration, seed, plan }, mutant)) break;
  }
  return tally.end();
}

class Tally {
  readonly #layer: string;
  readonly #started = performance.now();
  readonly #failures: Failure[] = [];
  #cases = 0;
  #lost = 0;
  #double = 0;

  constructor(name: string) {
    this.#layer = name;
  }

  /** True when enough has gone wrong to stop. */
  async add(result: RunResult, schedule: Schedule, mutant?: Mutant): Promise<boolean> {
    this.#cases++;
    if (result.problems.length === 0) return false;
    this.#lost += result.lost;
    this.#double += result.double;
    this.#failures.push(await shrink({ ...schedule, problems: result.problems }, mutant));
    return this.#failures.length >= FAILURES_KEPT;
  }

  end(): LayerResult {
    return {
      layer: this.#layer,
      cases: this.#cases,
      lost: this.#lost,
      double: this.#double,
      seconds: (performance.now() - this.#started) / 1000,
      failures: this.#failures,
    };
  }
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

/** The command that runs a schedule again. */
export function replayCommand({ configuration, seed, plan }: Schedule, mutant?: Mutant): string {
  const planted = mutant ? ` --mutant ${mutant.name}` : '';
  return `npm run faults -- --replay ${configuration.name}:${seed}:${planText(plan)}${planted}`;
}

export function configurationNamed(name: string): Configuration {
  const found = [...RANDOM_CONFIGURATIONS, ...OUTAGES].find((configuration) => configuration.name === name);
  if (!found)
    throw new Error(`There is no configuration "${name}": ${RANDOM_CONFIGURATIONS.map((c) => c.name).join(', ')}.`);
  return found;
}
