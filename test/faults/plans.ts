import type { Configuration } from './configurations.ts';
import { callName, FAULTS, type Fault, type Plan, SITES } from './fault.ts';
import type { Run } from './drive.ts';
import { seeded } from './random.ts';
import type { Mutant } from './mutants.ts';
import type { FaultFor } from './scheduler.ts';
import { run, type RunResult } from './world.ts';

/** One schedule, complete: enough to run it again. */
export interface Schedule {
  readonly configuration: Configuration;
  readonly seed: number;
  readonly plan: Plan;
}

const NO_FAULTS: Plan = new Map();

export function* runSchedule(
  { configuration, seed, plan }: Schedule,
  mutant?: Mutant,
  trace?: (line: string) => void,
): Run<RunResult> {
  const faultFor: FaultFor = plan.size === 0 ? () => undefined : (site, count) => plan.get(callName(site, count));
  return yield* run({ configuration, random: seeded(seed), faultFor, mutant, ...(trace && { trace }) });
}

/** Runs a schedule and tells every call that it made, in their order. */
function* callsOf(schedule: Schedule, calls: string[], mutant?: Mutant): Run<RunResult> {
  const { configuration, seed, plan } = schedule;
  const faultFor: FaultFor = (site, count) => {
    const call = callName(site, count);
    calls.push(call);
    return plan.get(call);
  };
  return yield* run({ configuration, random: seeded(seed), faultFor, mutant });
}

/** What a layer's lane does with each schedule that ended: true ends the lane. */
export type Add = (result: RunResult, schedule: Schedule) => boolean;

/** Calls of each kind that a single fault hits: the first three tell the first try from a repeat. */
const SINGLE_CALLS = [1, 2, 3] as const;
/** And each of two faults. */
const PAIR_CALLS: ReadonlySet<string> = new Set(SITES.flatMap((site) => [callName(site, 1), callName(site, 2)]));

/** Every fault at every call, alone. */
export function* singles(configuration: Configuration): Generator<Schedule> {
  yield { configuration, seed: 1, plan: NO_FAULTS };
  for (const site of SITES) {
    for (const count of SINGLE_CALLS) {
      for (const fault of FAULTS) yield { configuration, seed: 1, plan: new Map([[callName(site, count), fault]]) };
    }
  }
}

/**
 * Every two faults at every two calls. A fault at a call that is never made changes nothing, so the second is put only
 * where the schedule with the first one comes by: what is left out is the same schedule as one that is run.
 */
export function* pairs(configuration: Configuration, seed: number, add: Add, mutant?: Mutant): Run<void> {
  const first: string[] = [];
  const whole: Schedule = { configuration, seed, plan: NO_FAULTS };
  if (add(yield* callsOf(whole, first, mutant), whole)) return;
  for (const [at, one] of first.entries()) {
    if (!PAIR_CALLS.has(one)) continue;
    for (const a of FAULTS) {
      const calls: string[] = [];
      const single: Schedule = { configuration, seed, plan: new Map([[one, a]]) };
      if (add(yield* callsOf(single, calls, mutant), single)) return;
      for (const other of calls.slice(at + 1)) {
        if (!PAIR_CALLS.has(other)) continue;
        for (const b of FAULTS) {
          const plan = new Map<string, Fault>([
            [one, a],
            [other, b],
          ]);
          const schedule: Schedule = { configuration, seed, plan };
          if (add(yield* runSchedule(schedule, mutant), schedule)) return;
        }
      }
    }
  }
}

const MOST_FAULTS = 5;

/** Up to five faults, wherever the seed puts them; the plan that comes of it replays the schedule. */
export function* randomFaults(
  configuration: Configuration,
  seed: number,
  mutant?: Mutant,
): Run<{ result: RunResult; schedule: Schedule }> {
  // Faults are drawn beside the orders, so that a plan alone replays the same orders.
  const dice = seeded(seed ^ 0x5bd1e995);
  let left = MOST_FAULTS;
  const plan = new Map<string, Fault>();
  const faultFor: FaultFor = (site, count) => {
    if (left === 0 || dice() > 0.2) return undefined;
    const fault = FAULTS[Math.floor(dice() * FAULTS.length)];
    if (fault) plan.set(callName(site, count), fault);
    left--;
    return fault;
  };
  const result = yield* run({ configuration, random: seeded(seed), mutant, faultFor });
  return { result, schedule: { configuration, seed, plan } };
}
