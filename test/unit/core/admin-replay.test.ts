import { administer } from '../../../lambdas/core/admin/admin.ts';
import type { ReplayAudit } from '../../../lambdas/core/admin/replay.ts';
import type { EventRecord } from '../../../lambdas/core/record.ts';
import { NOON } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryQueue } from '../../support/memory/queue.ts';
import { MemoryStore } from '../../support/memory/store.ts';

const ADA = 'arn:aws:iam::000000000000:user/ada';

const RECORD: EventRecord = {
  v: 1,
  pk: 'scalekit#msg_1',
  status: 'DONE',
  source: 'scalekit',
  eventId: 'evt/1',
  type: 'user.created',
  route: 'user-created',
  bodySha256: 'ab',
  bodyBytes: 2,
  receivedAt: NOON,
  epoch: 0,
  attempt: 1,
  expiresAt: NOON / 1000 + 1_000,
};

/** Asks for a replay as Ada does. */
async function ask(body: string, { path = 'events/scalekit/evt/1/replay', record = RECORD } = {}) {
  const store = new MemoryStore();
  store.records.set(record.pk, record);
  const queue = new MemoryQueue();
  const audits: ReplayAudit[] = [];
  const answer = await administer(
    { method: 'POST', path: path.split('/'), query: new Map(), body: Buffer.from(body), who: ADA },
    ['scalekit'],
    {
      list: () => Promise.resolve({ events: [] }),
      since: () => Promise.resolve({ records: [], cut: [] }),
      find: (_source, id) => Promise.resolve(id === 'evt/1' ? record : undefined),
    },
    {
      store,
      queue,
      clock: new ManualClock(NOON),
      routes: new Set(['scalekit/user-created']),
      audit: (entry) => void audits.push(entry),
    },
  );
  return { status: answer.status, body: JSON.parse(answer.body ?? 'null') as unknown, audits, sent: queue.sent.length };
}

test('what is done is left alone without force, and somebody asked', async () => {
  expect(await ask('')).toEqual({
    status: 200,
    body: { source: 'scalekit', id: 'evt/1', replay: 'already-done', via: null, status: 'DONE', epoch: 0 },
    sent: 0,
    audits: [
      {
        who: ADA,
        why: '',
        source: 'scalekit',
        id: 'evt/1',
        key: 'scalekit#msg_1',
        force: false,
        outcome: 'already-done',
        epoch: 0,
      },
    ],
  });
});

test('force starts a new epoch, and the audit says who, why and which', async () => {
  expect(await ask('{"force":true,"reason":"handler mended"}')).toEqual({
    status: 200,
    body: { source: 'scalekit', id: 'evt/1', replay: 'restarted', via: 'queue', status: 'RECEIVED', epoch: 1 },
    sent: 1,
    audits: [
      {
        who: ADA,
        why: 'handler mended',
        source: 'scalekit',
        id: 'evt/1',
        key: 'scalekit#msg_1',
        force: true,
        outcome: 'restarted',
        epoch: 1,
      },
    ],
  });
});

test('a parked event is sent again without force', async () => {
  expect(await ask('{}', { record: { ...RECORD, status: 'PARKED' } })).toMatchObject({
    status: 200,
    body: { replay: 'sent', via: 'queue', status: 'PARKED', epoch: 0 },
    sent: 1,
  });
});

test('a refusal is a problem document with its reason, and audited too', async () => {
  expect(await ask('{"force":true}', { record: { ...RECORD, status: 'FAILED' } })).toMatchObject({
    status: 409,
    body: { type: 'about:blank', status: 409, reason: 'not-ended' },
    audits: [{ who: ADA, outcome: 'refused', refusal: 'not-ended', epoch: 0 }],
    sent: 0,
  });
});

test('a replay that names an epoch is refused once that epoch is over', async () => {
  const record = { ...RECORD, epoch: 1 };
  expect(await ask('{"force":true,"epoch":0}', { record })).toMatchObject({
    status: 409,
    body: { reason: 'changed' },
    audits: [{ outcome: 'refused', refusal: 'changed', epoch: 1 }],
    sent: 0,
  });
  expect(await ask('{"force":true,"epoch":1}', { record })).toMatchObject({ status: 200, body: { epoch: 2 } });
});

test('an event that is not there is 404', async () => {
  expect(await ask('', { path: 'events/scalekit/evt_2/replay' })).toMatchObject({
    status: 404,
    body: { detail: 'Source scalekit has no event "evt_2".', field: 'id' },
  });
});

test.each([
  ['no JSON', 400, 'body'],
  ['[]', 400, 'body'],
  ['null', 400, 'body'],
  ['{"force":"yes"}', 400, 'force'],
  ['{"reason":7}', 400, 'reason'],
  [JSON.stringify({ reason: 'x'.repeat(501) }), 400, 'reason'],
  ['{"forced":true}', 400, 'forced'],
  ['{"epoch":"0"}', 400, 'epoch'],
  ['{"epoch":0.5}', 400, 'epoch'],
])('the body %.40s is refused with %d, naming %s, and nothing is sent', async (body, status, field) => {
  expect(await ask(body)).toMatchObject({ status, body: { field }, audits: [], sent: 0 });
});

test.each([
  ['events/scalekit/replay', 404],
  ['events/nobody/evt_1/replay', 404],
  ['events/replay', 405],
  ['events/scalekit/evt_1', 405],
  ['events', 405],
])('POST /admin/%s is answered %d', async (path, status) => {
  expect(await ask('', { path })).toMatchObject({ status, audits: [] });
});
