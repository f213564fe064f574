import {
  administer,
  type AdminRequest,
  BadCursor,
  type EventLog,
  type EventQuery,
} from '../../../lambdas/core/admin/admin.ts';
import type { EventRecord } from '../../../lambdas/core/record.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryQueue } from '../../support/memory/queue.ts';
import { MemoryStore } from '../../support/memory/store.ts';

const RECORD: EventRecord = {
  v: 1,
  pk: 'scalekit#msg_1',
  status: 'DONE',
  source: 'scalekit',
  eventId: 'evt_1',
  type: 'user.created',
  route: 'user-created',
  bodySha256: 'ab',
  bodyBytes: 2,
  receivedAt: Date.UTC(2026, 10, 22, 8),
  epoch: 0,
  attempt: 1,
  expiresAt: 1_800_000_000,
  doneAt: Date.UTC(2026, 10, 22, 8, 0, 1),
  processingMs: 12,
};

function logOf(): { log: EventLog; asked: EventQuery[] } {
  const asked: EventQuery[] = [];
  return {
    asked,
    log: {
      list: (query) => {
        if (query.cursor === 'broken') return Promise.reject(new BadCursor());
        asked.push(query);
        return Promise.resolve({ events: [RECORD], next: 'more' });
      },
      since: () => Promise.resolve({ records: [RECORD], cut: [] }),
      find: (source, id) => Promise.resolve(source === 'scalekit' && id === 'a/b' ? RECORD : undefined),
    },
  };
}

async function ask(path: string, query: Record<string, string> = {}, method = 'GET') {
  const { log, asked } = logOf();
  const request: AdminRequest = {
    method,
    path: path.split('/'),
    query: new Map(Object.entries(query)),
    body: Buffer.alloc(0),
    who: 'arn:aws:iam::000000000000:user/ada',
  };
  const answer = await administer(request, ['scalekit', 'skribby'], log, {
    store: new MemoryStore(),
    queue: new MemoryQueue(),
    clock: new ManualClock(0),
    routes: new Set(),
    audit: () => undefined,
  });
  return { ...answer, body: JSON.parse(answer.body ?? 'null') as unknown, asked };
}

test('an event is shown whole, its times as ISO 8601', async () => {
  expect(await ask('events/scalekit/a/b')).toMatchObject({
    status: 200,
    body: {
      source: 'scalekit',
      eventId: 'evt_1',
      key: 'msg_1',
      type: 'user.created',
      route: 'user-created',
      status: 'DONE',
      epoch: 0,
      attempt: 1,
      receivedAt: '2026-11-22T08:00:00.000Z',
      nextAt: null,
      doneAt: '2026-11-22T08:00:01.000Z',
      processingMs: 12,
      lastError: null,
      waitsFor: null,
      bodySha256: 'ab',
      bodyBytes: 2,
    },
  });
});

test('a list takes source, status, limit and next, and says where it goes on', async () => {
  const answer = await ask('events', { source: 'skribby', status: 'PARKED', limit: '3', next: 'x' });

  expect(answer).toMatchObject({ status: 200, body: { next: 'more' } });
  expect(answer.asked).toEqual([{ sources: ['skribby'], status: 'PARKED', limit: 3, cursor: 'x' }]);
  expect((await ask('events')).asked).toEqual([{ sources: ['scalekit', 'skribby'], limit: 50 }]);
});

test.each<[string, string, Record<string, string>, string, number, string]>([
  ['an unknown source', 'events', { source: 'nobody' }, 'GET', 400, 'source'],
  ['an unknown status', 'events', { status: 'lost' }, 'GET', 400, 'status'],
  ['a limit of nothing', 'events', { limit: '0' }, 'GET', 400, 'limit'],
  ['a limit beyond all', 'events', { limit: '201' }, 'GET', 400, 'limit'],
  ['a limit in hexadecimal', 'events', { limit: '0x10' }, 'GET', 400, 'limit'],
  ['a next that is made up', 'events', { next: 'broken' }, 'GET', 400, 'next'],
  ['an event that is not there', 'events/scalekit/none', {}, 'GET', 404, 'id'],
  ['an event of no source', 'events/nobody/x', {}, 'GET', 404, 'source'],
])('%s is a problem that names the field', async (_, path, query, method, status, field) => {
  expect(await ask(path, query, method)).toMatchObject({
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: { status, field },
  });
});

test('other resources are not there, and events are only read', async () => {
  expect((await ask('secrets')).status).toBe(404);
  expect(await ask('events', {}, 'DELETE')).toMatchObject({ status: 405, headers: { allow: 'GET' } });
});
