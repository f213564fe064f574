import { type EventRecord, isExpired, type Status } from '../record.ts';

/** Which events a list shows. Everything that is given must hold. */
export interface EventFilter {
  readonly sources: readonly string[];
  readonly status?: Status;
  readonly type?: string;
  /** Part of the id, the key, the type or the last error; capital or small letters are the same. */
  readonly text?: string;
  /** Milliseconds since the epoch: received from this on, and before that. */
  readonly from?: number;
  readonly to?: number;
}

/** Whether a record is one of a list, at this moment. */
export function isListed(record: EventRecord, filter: EventFilter, now: number): boolean {
  const { status, type, text, from = 0, to = Infinity } = filter;
  if (isExpired(record, now) || record.receivedAt < from || record.receivedAt >= to) return false;
  if ((status ?? record.status) !== record.status || (type ?? record.type) !== record.type) return false;
  if (text === undefined) return true;
  const wanted = text.toLowerCase();
  const { pk, eventId = '', lastError = '' } = record;
  const own = [pk.slice(record.source.length + 1), eventId, record.type, lastError];
  return own.some((value) => value.toLowerCase().includes(wanted));
}
