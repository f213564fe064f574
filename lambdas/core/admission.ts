import type { Clock } from './ports.ts';

/** What all containers together have admitted, by source and minute. */
export interface Admissions {
  /** Adds to the count of that minute (its beginning, milliseconds since the epoch); returns what it is then. */
  add(source: string, minute: number, count: number): Promise<number>;
}

/**
 * Limits what a source may have proved and let in within a minute, however many containers it reaches. A container tells
 * the others at most once a second, along with a delivery's own calls, and hears at once what they have let in: so a limit
 * costs a write a second and container, no round trip, and is exceeded by no more than what comes within that second.
 * When the count can't be written nobody is refused for it: AWS WAF has counted before.
 */
export interface Limiter {
  /** @returns undefined when the source's minute is used up; else what to await before the delivery is answered */
  admit(source: string, perMinute: number): Promise<void> | undefined;
}

const MINUTE_MS = 60_000;
const TELL_EVERY_MS = 1_000;

interface Count {
  readonly minute: number;
  /** What all had admitted when this container last heard. */
  all: number;
  /** What this one has since. */
  own: number;
  toldAt: number;
}

/** @param failed hears of counts that could not be told; they are told with the next */
export function limiter(
  admissions: Admissions,
  clock: Clock,
  failed: (source: string, error: unknown) => void,
): Limiter {
  const counts = new Map<string, Count>();

  async function tell(source: string, count: Count): Promise<void> {
    const { own } = count;
    count.own = 0;
    try {
      // What was admitted here meanwhile is in `own` again.
      count.all = await admissions.add(source, count.minute, own);
    } catch (error) {
      count.own += own;
      failed(source, error);
    }
  }

  return {
    admit(source, perMinute) {
      const now = clock.now();
      const minute = now - (now % MINUTE_MS);
      let count = counts.get(source);
      if (count?.minute !== minute) counts.set(source, (count = { minute, all: 0, own: 0, toldAt: -Infinity }));
      if (count.all + count.own >= perMinute) return undefined;
      count.own++;
      if (now - count.toldAt < TELL_EVERY_MS) return Promise.resolve();
      count.toldAt = now;
      return tell(source, count);
    },
  };
}
