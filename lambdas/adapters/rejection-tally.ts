import type { Clock } from '../core/ports.ts';

const TALLY_MS = 5_000;
const LINES_PER_MINUTE = 20;

export interface Rejections {
  readonly source: string;
  readonly reason: string;
  readonly count: number;
}

/**
 * Counts what anybody can cause without a secret, so that a flood of it costs neither a log line nor a metric line per
 * request: counts are handed over at most every five seconds, and twenty lines a minute for each source and reason.
 */
export function rejectionTally(clock: Clock) {
  const counts = new Map<string, { source: string; reason: string; count: number }>();
  const lines = new Map<string, { minute: number; count: number }>();
  let handedOver = 0;

  return {
    /** Counts one; true when it may have a log line of its own. */
    add(source: string, reason: string): boolean {
      const key = `${source} ${reason}`;
      const tally = counts.get(key) ?? { source, reason, count: 0 };
      tally.count++;
      counts.set(key, tally);

      const minute = Math.floor(clock.now() / 60_000);
      const line = lines.get(key);
      if (line?.minute !== minute) {
        lines.set(key, { minute, count: 1 });
        return true;
      }
      line.count++;
      return line.count <= LINES_PER_MINUTE;
    },
    /** What has gathered, when it is time; else nothing. */
    due(): readonly Rejections[] {
      if (counts.size === 0 || clock.now() - handedOver < TALLY_MS) return [];
      handedOver = clock.now();
      const all = [...counts.values()];
      counts.clear();
      return all;
    },
  };
}
