import type { keepLedger } from '../../core/ledger/read-ledger.ts';
import { DIMENSION, LEDGER_METRIC, OUTBOX_AGE_METRIC } from '../../core/metrics.ts';
import type { Sweep } from '../../core/sweep.ts';
import type { Emit } from './emf.ts';
import type { Log } from './log.ts';

export interface SweepReportOptions {
  readonly log: Log;
  readonly emit: Emit;
  /** Names of all: each has its metrics every minute, also where there is nothing to tell. */
  readonly sources: readonly string[];
}

/** What operators hear of each run of the sweeper. */
export function sweepReport({ log, emit, sources }: SweepReportOptions) {
  return {
    /** By source that the watch's run was too short for: how old what it did not come to is, in milliseconds. */
    behind(behindMs: ReadonlyMap<string, number>): void {
      for (const [source, ms] of behindMs) log.warn('watch is behind', { source, seconds: Math.round(ms / 1000) });
    },

    /** By source, of what is in the outbox and of what the watch has not come to: it may have waited as long. */
    waited(...agesMs: readonly ReadonlyMap<string, number>[]): void {
      for (const source of sources) {
        const seconds = Math.round(Math.max(0, ...agesMs.map((ages) => ages.get(source) ?? 0)) / 1000);
        emit([{ name: OUTBOX_AGE_METRIC, value: seconds, unit: 'Seconds' }], { [DIMENSION.source]: source });
      }
    },

    swept(result: Sweep): void {
      if (result.due > 0) log.info('swept', { ...result });
    },

    ledger({ balances, cut }: Awaited<ReturnType<typeof keepLedger>>): void {
      for (const [source, { overdue, missing }] of balances) {
        emit(
          [
            { name: LEDGER_METRIC.overdue, value: overdue },
            { name: LEDGER_METRIC.missing, value: missing },
          ],
          { [DIMENSION.source]: source },
        );
        if (overdue > 0 || missing > 0) log.warn('ledger mismatch', { source, overdue, missing });
      }
      for (const source of cut) log.warn('ledger incomplete', { source });
    },
  };
}
