import { ACTION, oneOf, type Schema, type SchemaName, text, wish } from './schemas.ts';
import { STATUSES } from '../record.ts';

/**
 * One call of the admin API. This list is the API: what is not in it is answered 404 before any code of an operation
 * runs, and the OpenAPI document is made of it.
 */
export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** Below `/admin`. */
  readonly path: string;
  readonly summary: string;
  /** Of each `{name}` in the path. */
  readonly parameters?: Readonly<Record<string, Schema>>;
  readonly query?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  /** Of the answer 200. The document itself has none. */
  readonly answer?: SchemaName;
  /** Statuses of the problems that it answers, besides those of every operation. */
  readonly problems?: readonly number[];
}

const SOURCE: Schema = { ...text, description: 'A source of the configuration.' };
const ROUTE: Schema = { ...text, description: 'The last part of its processor’s name.' };
const ID: Schema = { ...text, description: 'The provider’s id of the event, or its key. It may hold slashes.' };
const TIME: Schema = { type: 'string', format: 'date-time' };
const KEPT_ID: Schema = { type: 'string', pattern: '^[0-9]{8}T[0-9]{4}Z-[0-9]{2}$' };
const WHY: Schema = { type: 'string', maxLength: 256, description: 'Why; kept in the log with who and when.' };

const LIST = [
  { id: 'openapi', method: 'GET', path: '/openapi.json', summary: 'This document.' },
  {
    id: 'listEvents',
    method: 'GET',
    path: '/events',
    summary: 'List events, newest first. A page may be short, or empty, and have a next.',
    query: {
      source: SOURCE,
      status: oneOf(STATUSES),
      type: { ...text, minLength: 1, maxLength: 256 },
      text: { ...text, minLength: 1, maxLength: 256, description: 'Part of id, key, type or last error.' },
      from: { ...TIME, description: 'Received then or later.' },
      to: { ...TIME, description: 'Received before.' },
      limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
      next: { ...text, description: 'The next of the page before.' },
    },
    answer: 'Events',
    problems: [400],
  },
  {
    id: 'showEvent',
    method: 'GET',
    path: '/events/{source}/{id}',
    summary: 'What became of one event.',
    parameters: { source: SOURCE, id: ID },
    answer: 'Event',
    problems: [404],
  },
  {
    id: 'showHistory',
    method: 'GET',
    path: '/history/{source}/{id}',
    summary: 'One event with its deliveries, attempts and waits, from the functions’ logs of the last weeks.',
    parameters: { source: SOURCE, id: ID },
    answer: 'History',
    problems: [404],
  },
  {
    id: 'replayEvent',
    method: 'POST',
    path: '/events/{source}/{id}/replay',
    summary: 'Let one event run again.',
    parameters: { source: SOURCE, id: ID },
    body: wish({
      force: { type: 'boolean', default: false, description: 'Also what is DONE, under a new idempotency key.' },
      reason: { type: 'string', maxLength: 500, description: 'Why; kept in the log with who and when.' },
      epoch: { type: 'integer', description: 'Only while it is in this epoch.' },
    }),
    answer: 'Replayed',
    problems: [400, 404, 409],
  },
  { id: 'listRoutes', method: 'GET', path: '/routes', summary: 'The routes and their breakers.', answer: 'Routes' },
  {
    id: 'switchRoute',
    method: 'POST',
    path: '/routes/{source}/{route}/{action}',
    summary: 'Pause a route or resume it; open its breaker or close it.',
    parameters: { source: SOURCE, route: ROUTE, action: ACTION },
    body: wish({ reason: WHY }),
    answer: 'Route',
    problems: [400, 404, 409],
  },
  {
    id: 'listQueues',
    method: 'GET',
    path: '/queues',
    summary: 'How many messages each queue holds, by SQS’s approximate count.',
    answer: 'Queues',
  },
  {
    id: 'showMove',
    method: 'GET',
    path: '/queues/{source}/{route}/{queue}/move',
    summary: 'The last redrive or parking from a queue.',
    parameters: { source: SOURCE, route: ROUTE, queue: oneOf(['dead', 'parked']) },
    answer: 'Move',
    problems: [404],
  },
  {
    id: 'redrive',
    method: 'POST',
    path: '/queues/{source}/{route}/redrive',
    summary:
      'Move parked events to the main queue, where they get their attempts anew; or dead letters, with those left.',
    parameters: { source: SOURCE, route: ROUTE },
    body: wish({
      from: { ...oneOf(['dead', 'parked']), default: 'parked' },
      perSecond: { type: 'integer', minimum: 1, maximum: 500 },
      reason: WHY,
    }),
    answer: 'Move',
    problems: [400, 404, 409],
  },
  {
    id: 'park',
    method: 'POST',
    path: '/queues/{source}/{route}/park',
    summary: 'Move dead letters to the parked queue: no attempts until a redrive. Their records stay FAILED.',
    parameters: { source: SOURCE, route: ROUTE },
    body: wish({ perSecond: { type: 'integer', minimum: 1, maximum: 500 }, reason: WHY }),
    answer: 'Move',
    problems: [400, 404, 409],
  },
  { id: 'listSources', method: 'GET', path: '/sources', summary: 'The configured sources.', answer: 'Sources' },
  {
    id: 'listRejections',
    method: 'GET',
    path: '/rejections',
    summary: 'How many deliveries were refused, by source and reason.',
    query: { hours: { type: 'integer', minimum: 1, maximum: 168, default: 24 } },
    answer: 'Rejections',
    problems: [400],
  },
  {
    id: 'listAlarms',
    method: 'GET',
    path: '/alarms',
    summary: 'The alarms; what rings comes first.',
    answer: 'Alarms',
  },
  {
    id: 'showStatistics',
    method: 'GET',
    path: '/webhook-stats',
    summary: 'How the events of each type did.',
    query: { hours: { type: 'integer', minimum: 1, maximum: 24, default: 24 } },
    answer: 'Statistics',
    problems: [400],
  },
  {
    id: 'showLedger',
    method: 'GET',
    path: '/ledger',
    summary: 'What became of everything that was accepted, by hour and source.',
    query: { hours: { type: 'integer', minimum: 1, maximum: 48, default: 3 } },
    answer: 'Ledger',
    problems: [400],
  },
  {
    id: 'showAllowlist',
    method: 'GET',
    path: '/allowlists/{source}',
    summary: 'The published addresses that a source follows.',
    parameters: { source: SOURCE },
    answer: 'Allowlist',
    problems: [404],
  },
  {
    id: 'applyAllowlist',
    method: 'POST',
    path: '/allowlists/{source}/apply',
    summary: 'Approve a change of the published addresses that waits.',
    parameters: { source: SOURCE },
    body: wish({ digest: { type: 'string', pattern: '^[0-9a-f]{16}$' }, reason: WHY }, ['digest']),
    answer: 'Allowlist',
    problems: [400, 404, 409],
  },
  {
    id: 'listInbox',
    method: 'GET',
    path: '/inbox/{source}',
    summary: 'List the rejected deliveries of a source that were kept, oldest minute first.',
    parameters: { source: SOURCE },
    query: {
      limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
      next: { ...KEPT_ID, description: 'The next of the page before.' },
    },
    answer: 'Inbox',
    problems: [400, 404],
  },
  {
    id: 'explainInbox',
    method: 'GET',
    path: '/inbox/{source}/{id}',
    summary: 'Why one of them was rejected, and what its provider’s scheme says of it with the secrets of now.',
    parameters: { source: SOURCE, id: { ...text, description: 'As the list has it.' } },
    answer: 'InboxExplanation',
    problems: [404],
  },
  {
    id: 'releaseInbox',
    method: 'POST',
    path: '/inbox/{source}/release',
    summary: 'Verify one of them again, or the next of all, as of its receipt, and let in what verifies now.',
    parameters: { source: SOURCE },
    body: wish({
      id: { ...KEPT_ID, description: 'Only this one.' },
      next: { ...KEPT_ID, description: 'Go on after the answer before.' },
      dryRun: { type: 'boolean', default: false, description: 'Say what would be let in, and change nothing.' },
      reason: WHY,
    }),
    answer: 'InboxReleased',
    problems: [400, 404],
  },
] as const satisfies readonly Operation[];

export type OperationId = (typeof LIST)[number]['id'];

export const OPERATIONS: readonly (Operation & { readonly id: OperationId })[] = LIST;
