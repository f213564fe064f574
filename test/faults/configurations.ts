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
  /** What the handler needs is down for two minutes, and the breaker of its route is open at the start. */
  readonly outage?: true;
  /** A person replays the event, whatever became of it: once in the midst of it, and twice when it should have ended. */
  readonly replays?: true;
  /** The queue refuses the verifier's sends for ten seconds. */
  readonly unqueued?: true;
  /** Nor can the verifier ask the sweeper then: what is sent once is left to the watch. */
  readonly unnoted?: true;
  /** The secret is rotated between two deliveries to the same sandboxes; the second is signed with the new one. */
  readonly rotates?: true;
  /** Sandboxes' clocks are right, or fast or slow by so much. */
  readonly skewMs?: number;
}

type Fields = Omit<Configuration, 'name'>;

function named(fields: Fields, ...rest: readonly string[]): Configuration {
  return { name: [fields.provider, fields.copies, fields.effect, ...rest].join('/'), ...fields };
}

/** Provider with and without retries, one delivery and two at once, an effect in the transaction and one outside. */
export const CONFIGURATIONS: readonly Configuration[] = (['scalekit', 'skribby'] as const).flatMap((provider) =>
  ([1, 2] as const).flatMap((copies) =>
    (['commit', 'plain'] as const).map((effect) => named({ provider, copies, effect })),
  ),
);

const ONE = { provider: 'scalekit', copies: 1, effect: 'commit' } as const;
const TWO_ONCE = { provider: 'skribby', copies: 2, effect: 'commit' } as const;

/** Worse days. */
export const SCENARIOS: readonly Configuration[] = [
  named({ ...ONE, outage: true }, 'outage'),
  named({ ...ONE, effect: 'plain', outage: true }, 'outage'),
  named({ ...ONE, replays: true }, 'replays'),
  named({ ...ONE, effect: 'plain', replays: true }, 'replays'),
  named({ ...ONE, broken: true }, 'broken'),
  named({ ...ONE, failing: true }, 'failing'),
  named({ ...ONE, unqueued: true }, 'unqueued'),
  named({ ...TWO_ONCE, effect: 'plain', unqueued: true }, 'unqueued'),
  named({ ...TWO_ONCE, effect: 'plain', unqueued: true, unnoted: true }, 'unnoted'),
  named({ ...ONE, copies: 2, rotates: true }, 'rotates'),
  // Within the lease's margin not even a plain effect may double.
  named({ ...TWO_ONCE, effect: 'plain', skewMs: 2_000 }, 'skewed-2-s'),
  named({ ...TWO_ONCE, skewMs: 60_000 }, 'skewed-60-s'),
  named({ ...ONE, copies: 2, effect: 'keyed' }),
];

/** Two troubles at once, which only the random layer takes on. */
export const MIXED: readonly Configuration[] = [
  named({ ...TWO_ONCE, effect: 'keyed' }),
  named({ ...TWO_ONCE, broken: true }, 'broken'),
  named({ ...TWO_ONCE, effect: 'plain', failing: true }, 'failing'),
  named({ ...TWO_ONCE, broken: true, replays: true }, 'broken', 'replays'),
  named({ ...ONE, failing: true, skewMs: 60_000 }, 'failing', 'skewed-60-s'),
];

export function configurationNamed(name: string): Configuration {
  const all = [...CONFIGURATIONS, ...SCENARIOS, ...MIXED];
  const found = all.find((configuration) => configuration.name === name);
  if (!found) throw new Error(`There is no configuration "${name}": ${all.map((known) => known.name).join(', ')}.`);
  return found;
}
