import type { Watch } from '../../../lambdas/core/ports.ts';
import { isKnownVersion } from '../../../lambdas/core/record.ts';
import type { MemoryStore } from './store.ts';

/** What the sweeper looks at, in memory. */
export class MemoryWatch implements Watch {
  readonly noted = new Map<string, number>();
  readonly #store: MemoryStore;
  readonly #pageRows: number;

  constructor(store: MemoryStore, pageRows = Infinity) {
    this.#store = store;
    this.#pageRows = pageRows;
  }

  lookedTo(source: string): Promise<number | undefined> {
    return Promise.resolve(this.noted.get(source));
  }

  note(source: string, to: number): Promise<void> {
    this.noted.set(source, Math.max(to, this.noted.get(source) ?? 0));
    return Promise.resolve();
  }

  async *pages(source: string, from: number, to: number): ReturnType<Watch['pages']> {
    const records = [...this.#store.records.values()]
      .filter((record) => record.source === source && record.receivedAt >= from && record.receivedAt <= to)
      .sort((a, b) => a.receivedAt - b.receivedAt);
    let start = 0;
    do {
      const page = records.slice(start, start + this.#pageRows);
      start += this.#pageRows;
      const unclaimed = page.flatMap(({ pk }) => (this.isUnclaimed(pk) ? [pk] : []));
      yield await Promise.resolve({ unclaimed, end: start < records.length ? (page.at(-1)?.receivedAt ?? to) : to });
    } while (start < records.length);
  }

  enrol(pk: string): Promise<boolean> {
    if (!this.isUnclaimed(pk)) return Promise.resolve(false);
    this.#store.outbox.add(pk);
    return Promise.resolve(true);
  }

  /** To be watched, not claimed, and not in the outbox yet. */
  isUnclaimed(pk: string): boolean {
    const record = this.#store.records.get(pk);
    const waits = record?.status === 'RECEIVED' && isKnownVersion(record.v) && record.outboxAt !== undefined;
    return waits && !this.#store.outbox.has(pk);
  }
}
