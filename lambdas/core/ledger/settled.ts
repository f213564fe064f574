import type { EventRecord } from '../record.ts';

/** A forced replay begins an event anew that was settled: within this it is seen. */
const TRUSTED_MS = 15 * 60_000;

/** Events of which nothing more is expected, as they were last read. Whoever looks every minute need not read them again. */
export interface Settled {
  /** Undefined: it has to be read. */
  get(pk: string): EventRecord | undefined;
  /** What was read just now. */
  learn(records: readonly EventRecord[]): void;
}

/** @param now milliseconds since the epoch */
export function settledEvents(now: () => number): Settled {
  const known = new Map<string, { readonly record: EventRecord; readonly readAt: number }>();
  return {
    get: (pk) => {
      const found = known.get(pk);
      return found && now() - found.readAt < TRUSTED_MS ? found.record : undefined;
    },
    learn: (records) => {
      const readAt = now();
      for (const [pk, { readAt: before }] of known) if (readAt - before >= TRUSTED_MS) known.delete(pk);
      for (const record of records) {
        const { pk, status } = record;
        if (status === 'DONE' || status === 'FILTERED') known.set(pk, { record, readAt });
        else known.delete(pk);
      }
    },
  };
}
