import type { Watch } from '../../../lambdas/core/ports.ts';
import type { MemoryStore } from './store.ts';

/** What the sweeper looks at, in memory: all of a time in one page. */
export class MemoryWatch implements Watch {
  readonly noted = new Map<string, number>();
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  lookedTo(source: string): Promise<number | undefined> {
    return Promise.resolve(this.noted.get(source));
  }

  note(source: string, to: number): Promise<void> {
    this.noted.set(source, Math.max(to, this.noted.get(source) ?? 0));
    return Promise.resolve();
  }

  async *pages(source: string, from: number, to: number): ReturnType<Watch['pages']> {
    const records = [...this.#store.records.values()].filter(
      (record) => record.source === source && record.receivedAt >= from && record.receivedAt <= to,
    );
    const unclaimed = records.flatMap(({ pk }) => (this.isUnclaimed(pk) ? [pk] : []));
    yield await Promise.resolve({ unclaimed, looked: records.length, end: to });
  }

  enrol(pk: string): Promise<boolean> {
    if (!this.isUnclaimed(pk)) return Promise.resolve(false);
    this.#store.outbox.add(pk);
    return Promise.resolve(true);
  }

  /** To be watched, not claimed, and not in the outbox yet. */
  isUnclaimed(pk: string): boolean {
    const record = this.#store.records.get(pk);
    return record?.status === 'RECEIVED' && record.outboxAt !== undefined && !this.#store.outbox.has(pk);
  }
}
