import type { EventRecord, Status } from '../record.ts';

/**
 * What an event waits for: `claim`, that a processor takes its message, which the sweeper sends again at `until`; `lease`,
 * the end of the execution that holds it; `retry`, its next try; `next-queue`, its first try as a dead letter; `person`.
 */
export const WAITS = ['claim', 'lease', 'retry', 'next-queue', 'person'] as const;

/** One event as people see it, on the command line and in the admin API. Times are ISO 8601. */
export interface EventView {
  readonly source: string;
  readonly eventId: string | null;
  /** What its deliveries have in common; the event id where the signature covers that. */
  readonly key: string;
  readonly type: string;
  readonly route: string | null;
  readonly status: Status;
  readonly epoch: number;
  readonly attempt: number;
  readonly receivedAt: string;
  readonly nextAt: string | null;
  readonly doneAt: string | null;
  readonly processingMs: number | null;
  readonly lastError: string | null;
  readonly waitsFor: { readonly what: (typeof WAITS)[number]; readonly until: string | null } | null;
  readonly bodySha256: string;
  readonly bodyBytes: number;
}

export function viewOf(record: EventRecord): EventView {
  return {
    source: record.source,
    eventId: record.eventId ?? null,
    key: record.pk.slice(record.source.length + 1),
    type: record.type,
    route: record.route ?? null,
    status: record.status,
    epoch: record.epoch,
    attempt: record.attempt,
    receivedAt: new Date(record.receivedAt).toISOString(),
    nextAt: time(record.nextAt),
    doneAt: time(record.doneAt),
    processingMs: record.processingMs ?? null,
    lastError: record.lastError ?? null,
    waitsFor: waitOf(record),
    bodySha256: record.bodySha256,
    bodyBytes: record.bodyBytes,
  };
}

function waitOf({ status, outboxAt, leaseUntil, nextAt, movedAt }: EventRecord): EventView['waitsFor'] {
  switch (status) {
    case 'RECEIVED':
      return { what: 'claim', until: time(outboxAt) };
    case 'PROCESSING':
      return { what: 'lease', until: time(leaseUntil) };
    case 'FAILED':
      return { what: movedAt === undefined ? 'retry' : 'next-queue', until: time(nextAt) };
    case 'PARKED':
      return { what: 'person', until: null };
    case 'DONE':
    case 'FILTERED':
      return null;
  }
}

function time(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
