/** Slices of a window: WAF estimates rates, a tenth of the window is as near as it comes. */
const SLICES = 10;

/** Counts requests per key over a moving window. */
export class RateWindow {
  readonly #limit: number;
  readonly #sliceMs: number;
  #slice = 0;
  #counts: Map<string, number>[] = Array.from({ length: SLICES }, () => new Map<string, number>());
  readonly #totals = new Map<string, number>();

  constructor(limit: number, windowSeconds: number) {
    this.#limit = limit;
    this.#sliceMs = (windowSeconds * 1000) / SLICES;
  }

  /** Counts one request of this key at `now` (milliseconds) and tells whether the key is over its limit. */
  isOver(key: string, now: number): boolean {
    this.#advance(Math.floor(now / this.#sliceMs));
    const current = this.#counts[this.#slice % SLICES];
    current?.set(key, (current.get(key) ?? 0) + 1);
    const total = (this.#totals.get(key) ?? 0) + 1;
    this.#totals.set(key, total);
    return total > this.#limit;
  }

  #advance(slice: number): void {
    if (slice === this.#slice) return;
    const passed = Math.min(Math.max(slice - this.#slice, 0), SLICES);
    for (let step = 1; step <= passed; step += 1) this.#forget((slice - passed + step) % SLICES);
    this.#slice = slice;
  }

  #forget(index: number): void {
    for (const [key, count] of this.#counts[index] ?? []) {
      const left = (this.#totals.get(key) ?? 0) - count;
      if (left > 0) this.#totals.set(key, left);
      else this.#totals.delete(key);
    }
    this.#counts[index] = new Map();
  }
}
