import { type Breaker, type MappingMode, UNTOUCHED } from '../../../lambdas/core/processing/breaker.ts';
import type { Breakers } from '../../../lambdas/core/ports.ts';

/**
 * The breakers in memory, with the same verdicts as the DynamoDB adapter. Every method takes effect in one step when it
 * is called.
 */
export class MemoryBreakers implements Breakers {
  readonly rows = new Map<string, Breaker>();
  reads = 0;
  writes = 0;
  down = false;

  read(route: string): Promise<Breaker | undefined> {
    this.reads++;
    return this.#answer(() => this.rows.get(route));
  }

  recordFailure(
    route: string,
    { now, successes, windowMs }: { now: number; successes: number; windowMs: number },
  ): Promise<Breaker> {
    this.writes++;
    return this.#answer(() => {
      const row = this.rows.get(route) ?? UNTOUCHED;
      const counts =
        row.windowStart > now - windowMs
          ? { failures: row.failures + 1, successes: row.successes + successes }
          : { windowStart: now, failures: 1, successes };
      return this.#put(route, { ...row, ...counts });
    });
  }

  change(route: string, seen: Breaker, next: Breaker): Promise<boolean> {
    this.writes++;
    return this.#answer(() => {
      const row = this.rows.get(route) ?? UNTOUCHED;
      if (row.revision !== seen.revision) return row.revision === next.revision && row.changedBy === next.changedBy;
      const { mapping: _, ...rest } = next;
      this.#put(route, { ...rest, ...(row.mapping && { mapping: row.mapping }) });
      return true;
    });
  }

  noteMapping(route: string, mapping: MappingMode): Promise<void> {
    this.writes++;
    return this.#answer(() => void this.#put(route, { ...(this.rows.get(route) ?? UNTOUCHED), mapping }));
  }

  #put(route: string, row: Breaker): Breaker {
    this.rows.set(route, row);
    return row;
  }

  #answer<T>(act: () => T): Promise<T> {
    return this.down ? Promise.reject(new Error('DynamoDB is down')) : Promise.resolve(act());
  }
}
