import type { Site } from './fault.ts';
import type { EffectKind } from './history.ts';

/** One way to run the gateway. */
export interface Configuration {
  readonly name: string;
  /** Scalekit sends again after a failure; Skribby sends every event once. */
  readonly provider: 'scalekit' | 'skribby';
  /** Deliveries of the same event that arrive together. */
  readonly copies: 1 | 2;
  readonly effect: EffectKind;
  /** The handler refuses every event for good until a person has mended it and redrives what is parked. */
  readonly broken?: true;
  /** The handler fails, as if trying again might help, until a person has mended it and redrives what is parked. */
  readonly failing?: true;
  /** That person comes after the record's time is over. Its row is still there; the provider delivers the event anew. */
  readonly forgotten?: true;
  /** What the handler needs is down for two minutes, and the breaker of its route is open at the start. */
  readonly outage?: true;
  /** A person replays the event, whatever became of it: once in the midst of it, and twice when it should have ended. */
  readonly replays?: true;
  /** The queue refuses the verifier's sends for ten seconds. */
  readonly unqueued?: true;
  /** Nor can the verifier ask the sweeper then: what is sent once is left to the watch. */
  readonly unnoted?: true;
  /** Somebody who may write to the queue puts messages there that are not the verifier's. */
  readonly intruder?: true;
  /** The secret is rotated between two deliveries to the same sandboxes; the second is signed with the new one. */
  readonly rotates?: true;
  /** Sandboxes' clocks are right, or fast or slow by so much. */
  readonly skewMs?: number;
}

type Base = Pick<Configuration, 'provider' | 'copies' | 'effect'>;
type Day = Omit<Configuration, keyof Base | 'name'>;

function named(base: Base, day: Day = {}, ...words: readonly string[]): Configuration {
  return { name: [base.provider, base.copies, base.effect, ...words].join('/'), ...base, ...day };
}

const BASES: readonly Base[] = (['scalekit', 'skribby'] as const).flatMap((provider) =>
  ([1, 2] as const).flatMap((copies) => (['commit', 'plain'] as const).map((effect) => ({ provider, copies, effect }))),
);

/** Provider with and without retries, one delivery and two at once, an effect in the transaction and one outside. */
export const CONFIGURATIONS: readonly Configuration[] = BASES.map((base) => named(base));

const DAYS = {
  outage: { outage: true },
  replays: { replays: true },
  broken: { broken: true },
  failing: { failing: true },
  forgotten: { broken: true, forgotten: true },
  unqueued: { unqueued: true },
  unnoted: { unqueued: true, unnoted: true },
  intruder: { intruder: true },
} as const satisfies Readonly<Record<string, Day>>;

/** Each of them on a worse day, so that it comes by every call that it has. */
export const WORSE_DAYS: readonly Configuration[] = Object.entries(DAYS).flatMap(([word, day]) =>
  BASES.map((base) => named(base, day, word)),
);

const ONE = { provider: 'scalekit', copies: 1, effect: 'commit' } as const;
const TWO_ONCE = { provider: 'skribby', copies: 2, effect: 'commit' } as const;

/** What only some configurations have. */
const SPECIAL: readonly Configuration[] = [
  named({ ...ONE, copies: 2 }, { rotates: true }, 'rotates'),
  // Within the lease's margin not even a plain effect may double.
  ...BASES.filter(({ effect }) => effect === 'plain').map((base) => named(base, { skewMs: 2_000 }, 'skewed-2-s')),
  ...BASES.filter(({ effect }) => effect === 'commit').map((base) => named(base, { skewMs: 60_000 }, 'skewed-60-s')),
  named({ ...ONE, copies: 2, effect: 'keyed' }),
];

/** All that a single fault is tried in. */
export const EVERY_DAY: readonly Configuration[] = [...CONFIGURATIONS, ...WORSE_DAYS, ...SPECIAL];

/** Two troubles at once, which only the random layer takes on. */
export const MIXED: readonly Configuration[] = [
  named({ ...TWO_ONCE, effect: 'keyed' }),
  named({ ...TWO_ONCE, effect: 'keyed' }, { failing: true }, 'failing'),
  named(TWO_ONCE, { broken: true, replays: true }, 'broken', 'replays'),
  named(TWO_ONCE, { unqueued: true, skewMs: 60_000 }, 'unqueued', 'skewed-60-s'),
  named(ONE, { failing: true, skewMs: 60_000 }, 'failing', 'skewed-60-s'),
];

/** What the random layer takes on beside the plain configurations. */
export const UNUSUAL: readonly Configuration[] = [...WORSE_DAYS, ...SPECIAL, ...MIXED];

/**
 * Two faults are tried in each configuration, and on each worse day of one with and one without retries. The forgotten
 * event's day is the broken one's until faults are over.
 */
export const PAIRED: readonly Configuration[] = [
  ...CONFIGURATIONS,
  ...WORSE_DAYS.filter(
    ({ provider, copies, effect, forgotten }) =>
      copies === 1 && (provider === 'scalekit') === (effect === 'plain') && !forgotten,
  ),
  ...SPECIAL,
];

/** A configuration's days, by its own name: what begins with it. */
export function daysOf({ name }: Configuration): readonly Configuration[] {
  return EVERY_DAY.filter((day) => day.name === name || day.name.startsWith(`${name}/`));
}

/** Calls that a configuration does not have, on whatever day. */
export function callsWithout({ provider, effect }: Configuration): readonly Site[] {
  return [
    ...(effect === 'commit' ? (['effect', 'complete'] as const) : (['commit'] as const)),
    // The sweeper watches for what nobody claimed where the provider tries once, and nowhere else.
    ...(provider === 'scalekit' ? (['enrol'] as const) : []),
  ];
}

export function configurationNamed(name: string): Configuration {
  const all = [...EVERY_DAY, ...MIXED];
  const found = all.find((configuration) => configuration.name === name);
  if (!found) throw new Error(`There is no configuration "${name}": ${all.map((known) => known.name).join(', ')}.`);
  return found;
}
