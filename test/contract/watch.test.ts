import type { EventRecord } from '../../lambdas/core/record.ts';
import { enrolUnclaimed } from '../../lambdas/core/watch.ts';
import { STORES, type StoreUnderTest } from './stores.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;

let events = 0;

describe.each(STORES)('what a provider sends once: %s', (_, open) => {
  let subject: StoreUnderTest;

  beforeAll(async () => {
    subject = await open();
  });

  afterAll(() => subject.close());

  /** How many a run enrols; its time may be up from the first, so that it ends as soon as it may. */
  const enrol = async (source: string, now: number, until = Infinity) =>
    (await enrolUnclaimed(subject.watch, [source], { now: () => now }, until)).enrolled;

  /** A record of a provider that tries once, as ingest puts it. */
  async function received(source: string, receivedAt: number, more: Partial<EventRecord> = {}): Promise<string> {
    const pk = `${source}#evt_${++events}`;
    const record = {
      v: 1,
      pk,
      status: 'RECEIVED',
      source,
      type: 'x',
      route: 'any',
      bodySha256: 'a'.repeat(64),
      bodyBytes: 2,
    } as const;
    const life = { receivedAt, outboxAt: receivedAt + MINUTE, epoch: 0, attempt: 0, expiresAt: NOW / 1000 + 1_000_000 };
    await subject.store.putRecord({ ...record, ...life, ...more }, NOW);
    return pk;
  }

  async function due(now: number, source: string): Promise<readonly string[]> {
    const rows = await subject.store.dueOutbox(now, 1_000);
    return rows.flatMap((record) => (record.source === source ? [record.pk] : []));
  }

  test('what nobody claimed is in the outbox once it is old enough, and once only', async () => {
    const old = await received('a', NOW - 5 * MINUTE);
    const young = await received('a', NOW - MINUTE);

    expect(await due(NOW, 'a')).toEqual([]);
    expect(await enrol('a', NOW)).toBe(1);
    expect(await due(NOW, 'a')).toEqual([old]);
    expect(await enrol('a', NOW + MINUTE)).toBe(1);
    expect(await due(NOW + MINUTE, 'a')).toEqual([old, young]);
    expect(await enrol('a', NOW + 2 * MINUTE)).toBe(0);
  });

  test('what was claimed is left alone', async () => {
    await received('b', NOW - 5 * MINUTE, { status: 'PROCESSING' });
    await received('b', NOW - 5 * MINUTE, { status: 'DONE' });
    const claimed = await received('b', NOW - 5 * MINUTE);
    const claim = {
      pk: claimed,
      bodySha256: 'a'.repeat(64),
      epoch: 0,
      owner: 'a',
      now: NOW,
      leaseUntil: NOW,
      sentAt: NOW,
    };
    await subject.store.claim({ ...claim, route: 'b/any', hop: 'main' });

    expect(await enrol('b', NOW)).toBe(0);
  });

  test('what the index was late with by three minutes is still found', async () => {
    await received('c', NOW - 5 * MINUTE, { status: 'DONE' });
    await enrol('c', NOW);
    const late = await received('c', NOW - 3 * MINUTE);
    await enrol('c', NOW + MINUTE);

    expect(await due(NOW + MINUTE, 'c')).toEqual([late]);
  });

  test('what a newer version wrote is left alone', async () => {
    await received('f', NOW - 5 * MINUTE, { v: 2 });

    expect(await enrol('f', NOW)).toBe(0);
  });

  test('a run whose time is up from the first looks at what is new all the same', async () => {
    await received('g', NOW - 3 * MINUTE, { status: 'DONE' });
    await enrol('g', NOW);
    await received('g', NOW - 2 * MINUTE);
    await received('g', NOW - MINUTE);

    expect(await enrol('g', NOW + MINUTE, NOW)).toBe(2);
  });

  test('a source that was never looked at is looked at from a day before', async () => {
    const yesterday = await received('d', NOW - 23 * 60 * MINUTE);
    await received('d', NOW - 25 * 60 * MINUTE);
    await enrol('d', NOW);

    expect(await due(NOW, 'd')).toEqual([yesterday]);
  });

  test('the claim takes it out of the outbox', async () => {
    const pk = await received('e', NOW - 5 * MINUTE);
    await enrol('e', NOW);
    const claim = { pk, bodySha256: 'a'.repeat(64), epoch: 0, owner: 'a', now: NOW, leaseUntil: NOW + 1, sentAt: NOW };
    await subject.store.claim({ ...claim, route: 'e/any', hop: 'main' });

    expect(await due(NOW, 'e')).toEqual([]);
  });
});
