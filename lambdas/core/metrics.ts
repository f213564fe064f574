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
  /** Which secret matched, where it is not the current one: a word of `VERSION`. */
  version: 'Version',
} as const;

/** Emitted by the verifier, by Source: `received` for each delivery, and one of the others. */
export const DELIVERY_METRIC = {
  received: 'Received',
  accepted: 'Accepted',
  duplicate: 'Duplicate',
  filtered: 'Filtered',
  /** Twice: by Source, and by Source and Reason. */
  rejected: 'Rejected',
  unavailable: 'Unavailable',
  handshake: 'Handshake',
} as const;

/** By Source, by the verifier: milliseconds from a delivery to its message in the queue. */
export const ENQUEUE_METRIC = 'EnqueueMs';

/**
 * By Source, by the verifier, of accepted deliveries whose provider signs the time: milliseconds from that time to the
 * delivery. The way and the provider's own waiting are in it, so the least is what the clocks differ by; a negative one
 * is a clock of theirs that is ahead of ours.
 */
export const CLOCK_DIFFERENCE_METRIC = 'ClockDifferenceMs';

/**
 * By Source, by the verifier: deliveries that were proved to be the provider's and came from an address that its published
 * list doesn't have. An allowlist that only observes can be enforced once there are none.
 */
export const UNLISTED_METRIC = 'Unlisted';

/** Without dimensions, while there are some: addresses in the block set. */
export const BLOCKED_ADDRESSES_METRIC = 'BlockedAddresses';

/** By Source, every minute while the published addresses of its provider are not those in force. */
export const ALLOWLIST_DRIFT_METRIC = 'AllowlistDrift';

/**
 * By Source and Version, one for each event that another secret than the current one proved: the previous secret is safe
 * to retire once its series ends.
 */
export const SECRET_VERSION_METRIC = 'SecretVersion';

/** Values of the dimension Version. */
export const VERSION = { AWSPREVIOUS: 'previous', AWSPENDING: 'pending' } as const;

/** By Source: deliveries with the previous secret in the last quarter of its overlap. They will be refused when it ends. */
export const OVERLAP_OVERDUE_METRIC = 'SecretOverlapOverdue';

/** Emitted by a processor, by Source and Route. */
export const PROCESSING_METRIC = {
  /** An attempt that threw. */
  failed: 'Failed',
  /** An attempt that is not the first of its event. */
  retried: 'Retried',
  parked: 'Parked',
  /** A message that is not one of ours, at each of its receives: it is never executed and ends in the parked queue. */
  quarantined: 'Quarantined',
  /** Sent back untried: its breaker is open, or another execution holds it. */
  deferred: 'Deferred',
  /** Milliseconds from claim to the end of an attempt that succeeded. Its sample count is how many were processed. */
  processingMs: 'ProcessingMs',
  /** Milliseconds from the delivery to DONE, for events that were not replayed. */
  endToEndMs: 'EndToEndMs',
} as const;

/** Without dimensions, by a processor: a message whose record a newer version wrote, at each of its receives. */
export const NEWER_VERSION_METRIC = 'NewerVersion';

/** Without dimensions, from the access log: webhooks that API Gateway or the verifier answered 429. */
export const THROTTLED_METRIC = 'Throttled';

/** Without dimensions, from the access log: webhooks that were answered 5xx, whoever answered. */
export const FAULT_METRIC = 'Answered5xx';

/**
 * By Source, every minute by the sweeper, before it sends: seconds that the oldest event which it has to send, or has not
 * come to look at, has waited; 0 where none.
 */
export const OUTBOX_AGE_METRIC = 'OutboxAge';

/**
 * By Source, every minute by the sweeper, of the events of this hour and the one before; nothing of a source whose events
 * are more than it can read.
 */
export const LEDGER_METRIC = {
  /** Of those neither done, filtered nor parked: what should have moved on and has not. */
  overdue: 'Overdue',
  /** Were recorded, and their records are gone. */
  missing: 'Missing',
} as const;

/** By Source and Route. */
export const BREAKER_METRIC = {
  /** By the processor that opens it, and every minute by the controller until it is closed. */
  open: 'BreakerOpen',
  /** By the controller: a mapping was not as it had set it; it was set right. */
  drift: 'MappingDrift',
} as const;
