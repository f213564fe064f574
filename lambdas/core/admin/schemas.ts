import { SWITCHES } from '../processing/breaker.ts';
import { WAITS } from './event-view.ts';
import { HAPPENINGS } from './event-history.ts';
import { STATUSES } from '../record.ts';

/** A schema of JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
export const count: Schema = { type: 'integer', minimum: 0 };
const milliseconds: Schema = { type: 'number', minimum: 0 };
export const time: Schema = { type: 'string', format: 'date-time' };

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

export function oneOf(values: readonly string[]): Schema {
  return { type: 'string', enum: values };
}

export function list(items: Schema): Schema {
  return { type: 'array', items };
}

/** An object with exactly these properties, all of them there. */
export function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** What a caller sends: these properties or none, and no other. */
export function wish(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, required, additionalProperties: false };
}

const EVENT = object({
  source: text,
  eventId: orNull(text),
  key: text,
  type: text,
  route: orNull(text),
  status: oneOf(STATUSES),
  epoch: count,
  attempt: count,
  receivedAt: time,
  nextAt: orNull(time),
  doneAt: orNull(time),
  processingMs: orNull(count),
  lastError: orNull(text),
  waitsFor: orNull(object({ what: oneOf(WAITS), until: orNull(time) })),
  bodySha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  bodyBytes: count,
});

const ROUTE = object({
  source: text,
  route: text,
  breaker: oneOf(['CLOSED', 'OPEN', 'HALF_OPEN']),
  forced: flag,
  openUntil: orNull(time),
  pausedAt: orNull(time),
  changedBy: orNull(text),
  waiting: count,
  atRiskFrom: orNull(time),
});

const MOVE = object({
  source: text,
  route: text,
  from: oneOf(['dead', 'parked']),
  to: orNull(oneOf(['main', 'parked'])),
  status: oneOf(['RUNNING', 'COMPLETED', 'CANCELLING', 'CANCELLED', 'FAILED']),
  moved: count,
  toMove: orNull(count),
  reason: orNull(text),
});

const CHANGE = { added: list(text), removed: list(text) };

/** Answers that are not lists, and what lists hold: `#/components/schemas/<name>`. */
export const SCHEMAS = {
  Event: EVENT,
  Events: object({ events: list({ $ref: '#/components/schemas/Event' }), next: orNull(text) }),
  History: object({
    event: { $ref: '#/components/schemas/Event' },
    entries: list(
      object({
        at: time,
        what: oneOf(HAPPENINGS),
        outcome: text,
        attempt: orNull(count),
        ms: orNull(count),
        waitedMs: orNull(count),
        reason: orNull(text),
        who: orNull(text),
      }),
    ),
    complete: flag,
  }),
  Replayed: object({
    source: text,
    id: text,
    replay: oneOf(['sent', 'restarted', 'already-done']),
    via: orNull(oneOf(['queue', 'outbox'])),
    status: oneOf(STATUSES),
    epoch: count,
  }),
  Route: ROUTE,
  Routes: object({ routes: list({ $ref: '#/components/schemas/Route' }) }),
  Queues: object({
    queues: list(
      object({ source: text, route: text, queue: oneOf(['main', 'dead', 'parked']), visible: count, hidden: count }),
    ),
  }),
  Move: MOVE,
  Sources: object({
    sources: list(
      object({
        source: text,
        provider: text,
        redelivers: flag,
        maxBodyBytes: count,
        allow: object({ cidrs: orNull(list(text)), published: orNull(oneOf(['observe', 'enforce'])) }),
        routes: list(object({ route: text, on: text, ordered: flag })),
      }),
    ),
  }),
  Rejections: object({
    from: time,
    rejections: list(object({ source: text, reason: text, count: { type: 'integer', minimum: 1 } })),
  }),
  Alarms: object({
    alarms: list(
      object({
        alarm: text,
        state: oneOf(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
        since: orNull(time),
        reason: text,
        tellsOfSilence: flag,
        runbook: orNull(text),
      }),
    ),
  }),
  Statistics: object({
    from: time,
    to: time,
    types: list(
      object({
        source: text,
        type: text,
        route: text,
        count,
        succeeded: count,
        failed: count,
        averageMs: orNull(milliseconds),
        maxMs: orNull(milliseconds),
        minMs: orNull(milliseconds),
        p95Ms: orNull(milliseconds),
      }),
    ),
  }),
  Ledger: object({
    from: time,
    complete: flag,
    /** Sources of which there are more events than were read: what is missing of them is not known. */
    cut: list(text),
    rows: list(
      object({
        source: text,
        hour: time,
        accepted: count,
        done: count,
        filtered: count,
        parked: count,
        inFlight: count,
        missing: count,
        overdue: count,
      }),
    ),
  }),
  Allowlist: object({
    source: text,
    provider: text,
    published: oneOf(['observe', 'enforce']),
    cidrs: list(text),
    fetchedAt: orNull(time),
    lastChange: orNull(object({ ...CHANGE, at: time, by: text })),
    held: orNull(object({ ...CHANGE, digest: text })),
    drift: orNull(object({ reason: text, detail: text, since: time })),
    approved: orNull(text),
  }),
  Inbox: object({
    source: text,
    entries: list(object({ id: text, minute: time, bytes: count })),
    next: orNull(text),
  }),
  InboxExplanation: object({
    id: text,
    receivedAt: time,
    address: text,
    bodyBytes: count,
    rejectedFor: text,
    verdict: oneOf(['verified', 'handshake', 'rejected', 'malformed']),
    reason: orNull(text),
    reencoding: orNull(text),
    ageSeconds: orNull({ type: 'integer' }),
    secrets: count,
  }),
  InboxReleased: object({
    source: text,
    results: list(
      object({
        id: text,
        outcome: oneOf(['accepted', 'duplicate', 'filtered', 'verified', 'kept']),
        reason: orNull(text),
        key: orNull(text),
      }),
    ),
    next: orNull(text),
  }),
  /** Of the web ACL. */
  Refusal: object({ error: text }),
  /** RFC 9457: https://www.rfc-editor.org/rfc/rfc9457 */
  Problem: {
    type: 'object',
    properties: {
      type: text,
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: text,
      /** What of the request it is about. */
      field: text,
      reason: text,
      /** Of an answer that is API Gateway's: `forbidden`, `too-many-requests`, `unavailable`, … */
      error: text,
    },
    required: ['type', 'status', 'detail'],
  },
} as const satisfies Readonly<Record<string, Schema>>;

export type SchemaName = keyof typeof SCHEMAS;

export const ACTION = oneOf(SWITCHES);
