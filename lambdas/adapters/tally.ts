import type { Clock } from '../core/ports.ts';
import type { Dimensions } from './emf.ts';

const TALLY_MS = 5_000;
/** At most so many are held back in a container that nothing calls any more. */
const MOST_HELD = 25;

export interface Tallied {
  readonly dimensions: Dimensions;
  /** By metric. */
  readonly counts: ReadonlyMap<string, number>;
  /** Of the first. */
  readonly since: number;
}

/**
 * Counts deliveries, so that neither a stream nor a flood of them costs a metric line each: counts are handed over at
 * most every five seconds, or when many have gathered. The first after a pause is handed over at once.
 */
export function tally(clock: Clock) {
  let gathered = new Map<string, { dimensions: Dimensions; counts: Map<string, number>; since: number }>();
  let held = 0;
  let handedOver = 0;

  return {
    add(metric: string, dimensions: Dimensions): void {
      const key = Object.values(dimensions).join('\n');
      const entry = gathered.get(key) ?? { dimensions, counts: new Map<string, number>(), since: clock.now() };
      entry.counts.set(metric, (entry.counts.get(metric) ?? 0) + 1);
      gathered.set(key, entry);
      held++;
    },
    /** What has gathered, when it is time; else nothing. */
    due(): readonly Tallied[] {
      if (held === 0 || (clock.now() - handedOver < TALLY_MS && held < MOST_HELD)) return [];
      const all = [...gathered.values()];
      gathered = new Map();
      held = 0;
      handedOver = clock.now();
      return all;
    },
  };
}

const LINES_PER_MINUTE = 20;

/** True for the first twenty of a kind in each minute: what anybody can cause must not fill a log. */
export function sampler(clock: Clock): (kind: string) => boolean {
  const lines = new Map<string, { minute: number; count: number }>();
  return (kind) => {
    const minute = Math.floor(clock.now() / 60_000);
    const line = lines.get(kind);
    if (line?.minute !== minute) {
      lines.set(kind, { minute, count: 1 });
      return true;
    }
    line.count++;
    return line.count <= LINES_PER_MINUTE;
  };
}
