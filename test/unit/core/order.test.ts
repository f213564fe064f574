import { ingest } from '../../../lambdas/core/ingest.ts';
import { deduplicationIdOf, groupOf, isPointer, orderKeyAt } from '../../../lambdas/core/order.ts';
import type { EventRecord } from '../../../lambdas/core/record.ts';
import type { Source } from '../../../lambdas/core/source.ts';
import type { VerifiedEvent } from '../../../lambdas/core/verdict.ts';
import { NOON, skribbyDelivery } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryQueue } from '../../support/memory/queue.ts';
import { MemoryStore } from '../../support/memory/store.ts';

const event: EventRecord = {
  v: 1,
  pk: 'skribby#evt_1',
  status: 'RECEIVED',
  source: 'skribby',
  type: 'status_update',
  route: 'in-order',
  bodySha256: 'abc',
  bodyBytes: 2,
  receivedAt: 0,
  epoch: 0,
  attempt: 0,
  expiresAt: 1,
};

test.each([
  ['text', '/bot_id', '{"bot_id":"bot-1"}', 'bot-1'],
  ['a number', '/data/order/id', '{"data":{"order":{"id":7}}}', '7'],
  ['a name with a slash', '/a~1b', '{"a/b":"x"}', 'x'],
  ['nothing', '/bot_id', '{}', undefined],
  ['an empty text', '/bot_id', '{"bot_id":""}', undefined],
  ['an object', '/bot_id', '{"bot_id":{}}', undefined],
  ['a number that JSON can’t hold', '/bot_id', '{"bot_id":90071992547409931}', undefined],
  ['a name that only the prototype has', '/constructor/name', '{}', undefined],
  ['a body that is no JSON', '/bot_id', 'bot_id=1', undefined],
] as const)('an order key that is %s', (_, pointer, body, key) => {
  expect(orderKeyAt(pointer, Buffer.from(body))).toBe(key);
});

test('a group is the key where SQS takes it, else its hash; without a key it is the event’s own', () => {
  expect(groupOf({ ...event, orderKey: 'bot-1' })).toBe('bot-1');
  // sha256('b o t'), sha256('skribby#evt_1')
  expect(groupOf({ ...event, orderKey: 'b o t' })).toBe('msrOl9Jpr3vAV-dkCVQser50_ugsixZ8MjdAlIHsCOI');
  expect(groupOf(event)).toBe('irt2As4Gs8Z-CvX092hS_1pQDtlRqhmYPF3o30TnQ-4');
  expect(groupOf({ ...event, orderKey: 'ä'.repeat(24) })).toMatch(/^[\w-]{43}$/);
});

test('messages for one run have one deduplication id; a replay and what was parked since have another', () => {
  const first = deduplicationIdOf(event);
  expect(first).toMatch(/^[\w-]{43}$/);
  expect(deduplicationIdOf({ ...event, outboxSends: 3, status: 'FAILED', attempt: 2 })).toBe(first);
  expect(deduplicationIdOf({ ...event, epoch: 1 })).not.toBe(first);
  expect(deduplicationIdOf({ ...event, status: 'PARKED', movedAt: 1 })).not.toBe(first);
  expect(deduplicationIdOf({ ...event, pk: 'skribby#evt_2' })).not.toBe(first);
});

test.each([
  ['/bot_id', true],
  ['/data/0/id', true],
  ['/a~1b~0c', true],
  ['', false],
  ['/', false],
  ['bot_id', false],
  ['/a~2', false],
  ['$.bot_id', false],
])('%s is a JSON pointer into the body: %p', (text, is) => {
  expect(isPointer(text)).toBe(is);
});

describe('an event of an ordered route', () => {
  const source: Source = {
    name: 'skribby',
    provider: 'skribby',
    maxBodyBytes: 1024,
    secretOverlapSeconds: 0,
    routes: [{ processor: 'skribby/in-order', name: 'in-order', on: '*', ordered: '/bot/id' }],
  };
  const take = async (body: string) => {
    const ports = { store: new MemoryStore(), queue: new MemoryQueue(), clock: new ManualClock(NOON) };
    const delivery = { ...skribbyDelivery(), body: Buffer.from(body) };
    const verified: VerifiedEvent = {
      dedupKey: 'evt_1',
      type: 'status_update',
      orderKey: 'the provider’s',
      secretIndex: 0,
      strength: 'verified',
    };
    await ingest({ event: verified, secret: { stage: 'AWSCURRENT' } }, delivery, source, true, ports);
    return { kept: ports.store.records.get('skribby#evt_1')?.orderKey, sent: ports.queue.sent[0]?.group };
  };

  test('keeps and is queued by what its route is ordered by, not by the provider’s key', async () => {
    expect(await take('{"bot":{"id":"bot-1"}}')).toEqual({ kept: 'bot-1', sent: 'bot-1' });
  });

  test('without a value there is a group of its own', async () => {
    // sha256('skribby#evt_1')
    expect(await take('{"bot":{}}')).toEqual({ kept: undefined, sent: 'irt2As4Gs8Z-CvX092hS_1pQDtlRqhmYPF3o30TnQ-4' });
  });
});
