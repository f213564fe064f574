import { BREAKER_METRIC, DIMENSION } from '../../core/metrics.ts';
import type { CircuitOptions } from '../../core/processing/circuit.ts';
import type { Emit } from './emf.ts';
import type { Log } from './log.ts';

export interface CircuitReportOptions {
  readonly log: Log;
  readonly emit: Emit;
  readonly source: string;
  readonly route: string;
}

/** What operators hear of a route's breaker from the processor that opens or closes it. */
export function circuitReport({
  log,
  emit,
  source,
  route,
}: CircuitReportOptions): NonNullable<CircuitOptions['report']> {
  return (what, { state, openUntil, openings }) => {
    log.warn(`breaker ${what}`, { source, route, state, openings, until: new Date(openUntil).toISOString() });
    if (what !== 'opened') return;
    emit([{ name: BREAKER_METRIC.open, value: 1 }], { [DIMENSION.source]: source, [DIMENSION.route]: route });
  };
}
