import {
  ALLOWLIST_DRIFT_METRIC,
  BLOCKED_ADDRESSES_METRIC,
  BREAKER_METRIC,
  CLOCK_DIFFERENCE_METRIC,
  DELIVERY_METRIC,
  ENQUEUE_METRIC,
  FAULT_METRIC,
  LEDGER_METRIC,
  NEWER_VERSION_METRIC,
  OUTBOX_AGE_METRIC,
  OVERLAP_OVERDUE_METRIC,
  PROCESSING_METRIC,
  SECRET_VERSION_METRIC,
  THROTTLED_METRIC,
  UNLISTED_METRIC,
  VERSION,
} from '../lambdas/core/metrics.ts';

/** Of one custom metric in us-east-1, each set of dimension values by itself, in USD a month; prorated by the hour. */
export const METRIC_USD_A_MONTH = 0.3;

const { received, accepted, ...otherDeliveries } = DELIVERY_METRIC;
const { processingMs, endToEndMs, ...otherProcessing } = PROCESSING_METRIC;

/** The series there are: `steady` in every hour with webhooks, `rare` while there is something to tell. */
export const SERIES = {
  /** For each source; besides one for each reason of `Rejected`, while it is one. */
  source: {
    steady: [
      received,
      accepted,
      ENQUEUE_METRIC,
      CLOCK_DIFFERENCE_METRIC,
      OUTBOX_AGE_METRIC,
      ...Object.values(LEDGER_METRIC),
    ],
    rare: [
      ...Object.values(otherDeliveries),
      UNLISTED_METRIC,
      ALLOWLIST_DRIFT_METRIC,
      ...Object.values(VERSION).map((version) => `${SECRET_VERSION_METRIC} ${version}`),
      OVERLAP_OVERDUE_METRIC,
    ],
  },
  /** For each route. */
  route: {
    steady: [processingMs, endToEndMs],
    rare: [...Object.values(otherProcessing), ...Object.values(BREAKER_METRIC)],
  },
  /** For the stage. */
  stage: { steady: [], rare: [THROTTLED_METRIC, FAULT_METRIC, BLOCKED_ADDRESSES_METRIC, NEWER_VERSION_METRIC] },
} as const;

/** USD a month: at least, with nothing but healthy webhooks; at most, with everything at once in every hour. */
export function metricCost(of: keyof typeof SERIES): { readonly least: number; readonly most: number } {
  const { steady, rare } = SERIES[of];
  return { least: steady.length * METRIC_USD_A_MONTH, most: (steady.length + rare.length) * METRIC_USD_A_MONTH };
}
