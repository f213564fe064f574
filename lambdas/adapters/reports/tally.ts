import type { Clock } from '../../core/ports.ts';
import type { Dimensions } from './emf.ts';

/** No longer than that is anything held back while deliveries come. */
const TALLY_MS = 5_000;
/** Nor so many deliveries. Fewer are lost with a container that nothing calls any more. */
const MOST_HELD = 25;

export interface Tallied {
  readonly dimensions: Dimensions;
  /** By metric. */
  readonly values: ReadonlyMap<string, readonly number[]>;
  /** Of the first. */
  readonly since: number;
}

/**
 * Measures deliveries, so that neither a stream nor a flood of them costs a metric line each: what was measured is handed
 * over at most every five seconds, or when many have gathered. The first after a pause is handed over at once.
 */
export function tally(clock: Clock) {
  let gathered = new Map<string, { dimensions: Dimensions; values: Map<string, number[]>; since: number }>();
  let held = 0;
  let handedOver = 0;

  return {
    add(metric: string, dimensions: Dimensions, value = 1): void {
      const key = Object.values(dimensions).join('\n');
      const entry = gathered.get(key) ?? { dimensions, values: new Map<string, number[]>(), since: clock.now() };
      gathered.set(key, entry);
      const values = entry.values.get(metric);
      if (values) values.push(value);
      else entry.values.set(metric, [value]);
    },
    /**
     * What has gathered, when it is time or cannot wait; else nothing. Called once for each delivery.
     *
     * @param atOnce whatever has gathered
     */
    due(atOnce = false): readonly Tallied[] {
      held++;
      if (!atOnce && clock.now() - handedOver < TALLY_MS && held < MOST_HELD) return [];
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
