import type { Outcome } from '../../core/processing/consume.ts';
import { DIMENSION, NEWER_VERSION_METRIC, PROCESSING_METRIC } from '../../core/metrics.ts';
import type { Emit, Measurement } from './emf.ts';
import type { Log } from './log.ts';

const MOST_MOVING = 1_000;

export interface ProcessingReportOptions {
  readonly log: Log;
  readonly emit: Emit;
  readonly source: string;
  readonly route: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * What operators hear of the messages of one invocation: a log line each, one metric line for all. Every message counts,
 * so these metrics are exact.
 */
export function processingReport({ log, emit, source, route, now }: ProcessingReportOptions) {
  let gathered = new Map<string, number[]>();
  let newer = 0;
  /** Keys of messages on their way to another queue: each comes by up to fifteen times, and is told of once. */
  const moving = new Set<string>();
  const isTold = (key: string): boolean => {
    if (moving.has(key)) return true;
    if (moving.size === MOST_MOVING) moving.clear();
    moving.add(key);
    return false;
  };
  const count = (name: string, value = 1) => {
    const values = gathered.get(name);
    if (values) values.push(value);
    else gathered.set(name, [value]);
  };

  return {
    report(outcome: Outcome): void {
      if (outcome.outcome === 'moving') {
        if (isTold(outcome.pk)) return;
      } else if ('record' in outcome) moving.delete(outcome.record.pk);
      const line: Record<string, string | number> = {};
      if ('record' in outcome) {
        const { pk, attempt } = outcome.record;
        line.key = pk;
        if (attempt > 1) {
          line.attempt = attempt;
          count(PROCESSING_METRIC.retried);
        }
      } else if ('pk' in outcome) line.key = outcome.pk;
      switch (outcome.outcome) {
        case 'done':
          line.ms = outcome.processingMs;
          count(PROCESSING_METRIC.processingMs, outcome.processingMs);
          if (outcome.record.epoch === 0)
            count(PROCESSING_METRIC.endToEndMs, Math.max(0, now() - outcome.record.receivedAt));
          break;
        case 'failed':
        case 'parked':
          if (outcome.processingMs !== undefined) line.ms = outcome.processingMs;
          count(PROCESSING_METRIC.failed);
          if (outcome.outcome === 'parked') count(PROCESSING_METRIC.parked);
          break;
        case 'quarantined':
          count(PROCESSING_METRIC.quarantined);
          break;
        case 'deferred':
          count(PROCESSING_METRIC.deferred);
          if (outcome.why === 'newer-version') newer++;
          break;
        case 'skipped':
        case 'moving':
        case 'apart':
          break;
      }
      const reason = 'reason' in outcome ? outcome.reason : 'why' in outcome ? outcome.why : undefined;
      const expected = outcome.outcome === 'skipped' || outcome.outcome === 'deferred';
      const write = reason !== undefined && !expected ? log.warn : log.info;
      write(outcome.outcome, { ...line, ...(reason !== undefined && { reason }) });
    },

    /** At the end of an invocation, also of one that fails. */
    flush(): void {
      if (gathered.size === 0) return;
      const measurements = [...gathered].map(([name, values]): Measurement => {
        if (name.endsWith('Ms')) return { name, value: values, unit: 'Milliseconds' };
        return { name, value: values.length };
      });
      gathered = new Map();
      emit(measurements, { [DIMENSION.source]: source, [DIMENSION.route]: route });
      if (newer > 0) emit([{ name: NEWER_VERSION_METRIC, value: newer }]);
      newer = 0;
    },
  };
}
