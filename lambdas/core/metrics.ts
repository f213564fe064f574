/**
 * Names of the metrics, written once: the functions emit them, the dashboard and the alarms read them.
 *
 * CloudWatch keeps one series per exact set of dimensions, so a metric is found only under the set it was emitted with.
 * Each metric below therefore states its set, and nothing may add to it (Powertools adds `service` unless told not to).
 */

/** The stages of one account are told apart by the namespace, so that no metric needs a dimension for it. */
export function metricsNamespace(stage: string): string {
  return `Hookgate/${stage}`;
}

export const DIMENSION = {
  source: 'Source',
  route: 'Route',
  /** Why a delivery was rejected: a word of `lambdas/core/verdict.ts`. */
  reason: 'Reason',
  /** Which secret matched: `current` or `previous`. */
  version: 'Version',
} as const;

/** Emitted by the verifier, one per delivery, by Source. */
export const DELIVERY_METRIC = {
  accepted: 'Accepted',
  duplicate: 'Duplicate',
  filtered: 'Filtered',
  /** Twice: by Source, and by Source and Reason. */
  rejected: 'Rejected',
  unavailable: 'Unavailable',
  handshake: 'Handshake',
} as const;

/** By Source and Version: the previous secret is safe to retire once its series ends. */
export const SECRET_VERSION_METRIC = 'SecretVersion';

/** Emitted by a processor, by Source and Route. */
export const PROCESSING_METRIC = {
  processed: 'Processed',
  /** An attempt that threw. */
  failed: 'Failed',
  /** An attempt that is not the first of its event. */
  retried: 'Retried',
  parked: 'Parked',
  /** Sent back untried: its breaker is open, or another execution holds it. */
  deferred: 'Deferred',
  /** Milliseconds from claim to the end of the attempt. */
  processingMs: 'ProcessingMs',
} as const;

/** By Source, every minute by the sweeper: events of the last hours that should have moved on and have not. */
export const OVERDUE_METRIC = 'Overdue';

/** By Source and Route. */
export const BREAKER_METRIC = {
  /** By the processor that opens it, and every minute by the controller until it is closed. */
  open: 'BreakerOpen',
  /** By the controller: a mapping was not as it had set it; it was set right. */
  drift: 'MappingDrift',
} as const;
