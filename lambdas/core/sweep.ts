import type { Clock, Queue, Store } from './ports.ts';
import { type EventRecord, OUTBOX_LONGEST_WAIT_MS, outboxWaitMs } from './record.ts';
import { sendRecord } from './send.ts';

/** Most rows of one run, so that an hour's backlog drains in steady portions and not in one storm. */
const ROWS_PER_RUN = 1_000;
const ROWS_AT_ONCE = 20;

export interface Sweep {
  readonly due: number;
  readonly sent: number;
  /** Taken by another run, or claimed meanwhile. */
  readonly skipped: number;
  readonly failed: number;
}

export interface SweepRun {
  /** When it begins no further row: a queue that hangs takes seconds of each. */
  readonly until: number;
  /**
   * Told before anything is sent, by source: how long the oldest of its rows has waited, in milliseconds. Those that are
   * put off for now count: they wait like the others.
   */
  readonly found: (waitedMs: ReadonlyMap<string, number>) => void;
}

/**
 * Sends what was recorded but may never have been queued. Its next time is moved before it is sent, so that two
 * overlapping runs send a row once, and a row whose send fails comes again after its wait.
 */
export async function sweep(
  { store, queue, clock }: { store: Store; queue: Queue; clock: Clock },
  { until, found }: SweepRun = { until: Infinity, found: () => undefined },
): Promise<Sweep> {
  const now = clock.now();
  const waiting = await store.dueOutbox(now + OUTBOX_LONGEST_WAIT_MS, ROWS_PER_RUN);
  found(waitsOf(waiting, now));
  const due = waiting.filter(({ outboxAt = Infinity }) => outboxAt <= now);
  const tally = { due: due.length, sent: 0, skipped: 0, failed: 0 };
  for (let start = 0; start < due.length && clock.now() < until; start += ROWS_AT_ONCE) {
    await Promise.all(
      due.slice(start, start + ROWS_AT_ONCE).map(async (record) => {
        if (record.outboxAt === undefined) return;
        const next = now + outboxWaitMs((record.outboxSends ?? 0) + 1);
        try {
          if (!(await store.bumpOutbox(record.pk, record.outboxAt, next))) {
            tally.skipped++;
            return;
          }
          await sendRecord(queue, record);
          tally.sent++;
        } catch {
          tally.failed++;
        }
      }),
    );
  }
  return tally;
}

function waitsOf(rows: readonly EventRecord[], now: number): ReadonlyMap<string, number> {
  const waits = new Map<string, number>();
  for (const row of rows) waits.set(row.source, Math.max(waits.get(row.source) ?? 0, now - waitsSince(row, now)));
  return waits;
}

/** A replay waits since it was asked for, not since the event came: all that it was put off for since then. */
function waitsSince({ epoch, receivedAt, outboxAt, outboxSends = 0 }: EventRecord, now: number): number {
  if (epoch === 0 || outboxAt === undefined) return Math.min(receivedAt, now);
  let asked = outboxAt;
  for (let sends = 0; sends <= outboxSends; sends++) asked -= outboxWaitMs(sends);
  return Math.min(asked, now);
}
