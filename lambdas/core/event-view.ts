import type { EventRecord, Status } from './record.ts';

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
  readonly bodySha256: string;
  readonly bodyBytes: number;
}

export function viewOf(record: EventRecord): EventView {
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
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
    bodySha256: record.bodySha256,
    bodyBytes: record.bodyBytes,
  };
}
