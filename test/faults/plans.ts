import type { Configuration } from './configurations.ts';
import { drive } from './drive.ts';
import { callName, FAULTS, type Fault, type Plan, type Site, SITES, unlikeFaults } from './fault.ts';
import type { Mutant } from './mutants.ts';
import { seeded } from './random.ts';
import type { FaultFor } from './scheduler.ts';
import { type RunResult, World } from './world.ts';

/** One schedule, complete: enough to run it again. */
export interface Schedule {
  readonly configuration: Configuration;
  readonly seed: number;
  readonly plan: Plan;
}

/** A schedule that is to run, and what looks on: where faults are drawn on the way, its plan grows. */
export interface Planned extends Schedule {
  readonly faultFor?: FaultFor;
}

/** Yields one schedule after the other; each is run before the next is asked for. */
export type Plans = Generator<Planned, void, RunResult>;

const NO_FAULTS: Plan = new Map();
const NEVER: FaultFor = () => undefined;

export function worldOf(
  { configuration, seed, plan, faultFor = faultsOf(plan) }: Planned,
  mutant?: Mutant,
  trace?: (line: string) => void,
): World {
  return new World({ configuration, random: seeded(seed), faultFor, mutant, trace });
}

export async function runSchedule(
  planned: Planned,
  mutant?: Mutant,
  trace?: (line: string) => void,
): Promise<RunResult> {
  const world = worldOf(planned, mutant, trace);
  await drive([world.advance]);
  return world.result();
}

function faultsOf(plan: Plan): FaultFor {
  return plan.size === 0 ? NEVER : (site, count) => plan.get(callName(site, count));
}

/** Tells every call that the schedule makes, in their order. */
function listened(schedule: Schedule, calls: string[]): Planned {
  const planned = faultsOf(schedule.plan);
  const faultFor: FaultFor = (site, count) => {
    calls.push(callName(site, count));
    return planned(site, count);
  };
  return { ...schedule, faultFor };
}

type FaultsByCall = ReadonlyMap<string, readonly Fault[]>;

function faultsByCall(counts: readonly number[], faultsAt: (site: Site) => readonly Fault[]): FaultsByCall {
  return new Map(SITES.flatMap((site) => counts.map((count) => [callName(site, count), faultsAt(site)] as const)));
}

/** Calls of each kind that a single fault hits: the first three tell the first try from a repeat. */
const SINGLE = faultsByCall([1, 2, 3], () => FAULTS);
/** And each of two. What makes the same schedule as another is run once. */
const IN_PAIR = faultsByCall([1, 2], unlikeFaults);

/**
 * Every fault at every call, alone. A fault at a call that is never made changes nothing, so it is put only where the
 * schedule without it comes by.
 */
export function* singles(configurations: Iterable<Configuration>): Plans {
  for (const configuration of configurations) {
    const calls: string[] = [];
    yield listened({ configuration, seed: 1, plan: NO_FAULTS }, calls);
    for (const call of calls) {
      for (const fault of SINGLE.get(call) ?? []) yield { configuration, seed: 1, plan: new Map([[call, fault]]) };
    }
  }
}

/** A first fault, to which every second one is added. */
export interface FirstFault {
  readonly configuration: Configuration;
  readonly seed: number;
  readonly call: string;
  /** Which of the schedule's calls that is. */
  readonly at: number;
  readonly fault: Fault;
}

/** Finds every first fault under these orders. */
export function* firstFaults(orders: Iterable<Pick<Schedule, 'configuration' | 'seed'>>, found: FirstFault[]): Plans {
  for (const { configuration, seed } of orders) {
    const calls: string[] = [];
    yield listened({ configuration, seed, plan: NO_FAULTS }, calls);
    for (const [at, call] of calls.entries()) {
      for (const fault of IN_PAIR.get(call) ?? []) found.push({ configuration, seed, call, at, fault });
    }
  }
}

/** Every second fault at every call that comes after the first one. */
export function* pairs(firsts: Iterable<FirstFault>): Plans {
  for (const { configuration, seed, call, at, fault } of firsts) {
    const calls: string[] = [];
    yield listened({ configuration, seed, plan: new Map([[call, fault]]) }, calls);
    for (const other of calls.slice(at + 1)) {
      for (const second of IN_PAIR.get(other) ?? []) {
        const plan = new Map<string, Fault>([
          [call, fault],
          [other, second],
        ]);
        yield { configuration, seed, plan };
      }
    }
  }
}

const MOST_FAULTS = 5;

/** Up to five faults, wherever the seed puts them; the plan that comes of it replays the schedule. */
export function randomFaults(configuration: Configuration, seed: number): Planned {
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
  return { configuration, seed, plan, faultFor };
}
