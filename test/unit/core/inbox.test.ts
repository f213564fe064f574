import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { inboxKeeper, MOST_KEPT_A_MINUTE, minuteOf, oldestId, readKept } from '../../../lambdas/core/inbox/inbox.ts';
import { RECEIPT_REASONS, type Receipt, type ReceiptReason } from '../../../lambdas/core/receipt.ts';
import type { Provider } from '../../../lambdas/core/scheme/provider.ts';
import { providers } from '../../../lambdas/providers/index.ts';
import { delivery, NOON, scalekitDelivery } from '../../support/gateway-in-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryInbox } from '../../support/memory/inbox.ts';

const WRONG = rejected('wrong-secret-or-changed-body');

function rejected(reason: ReceiptReason): Receipt {
  return { receipt: 'rejected', reason };
}

function providerNamed(name: string): Provider {
  const provider = providers.get(name);
  if (!provider) throw new Error(`There is no provider ${name}.`);
  return provider;
}

/** Containers over one inbox, each of which begins at a place of its own. */
function containersAt(...places: readonly number[]) {
  const inbox = new MemoryInbox();
  const clock = new ManualClock(NOON);
  const failures: string[] = [];
  const containers = places.map((place) =>
    inboxKeeper({
      inbox,
      clock,
      random: () => place / MOST_KEPT_A_MINUTE,
      providers: new Map([['scalekit', providerNamed('scalekit')]]),
      failed: (source, error) => failures.push(`${source}: ${(error as Error).message}`),
    }),
  );
  return { inbox, clock, failures, containers };
}

function only<T>(all: readonly T[]): T {
  const [one, ...others] = all;
  if (one === undefined || others.length > 0) throw new Error(`${all.length} instead of one`);
  return one;
}

describe('a flood', () => {
  test('of 10,000 bad signatures in a minute leaves 20 in the inbox, at 20 writes', async () => {
    const { inbox, containers } = containersAt(13);
    const keep = only(containers);
    for (let i = 0; i < 10_000; i++) await keep(scalekitDelivery({ id: `msg_${i}` }), WRONG);
    expect(inbox.objects.size).toBe(20);
    expect(inbox.puts).toBe(20);
  });

  test('over ten minutes and ten containers leaves 20 of each minute, and each container asks for one more at most', async () => {
    const { inbox, clock, containers } = containersAt(0, 2, 4, 6, 8, 10, 12, 14, 16, 18);
    for (let i = 0; i < 10_000; i++) {
      await containers[i % 10]?.(scalekitDelivery({ id: `msg_${i}` }), WRONG);
      if (i % 1_000 === 999) clock.advance(60_000);
    }
    expect(inbox.objects.size).toBe(200);
    expect(inbox.puts).toBe(10 * (20 + 10));
    const perMinute = new Map<number | undefined, number>();
    for (const name of inbox.objects.keys()) {
      const minute = minuteOf(name.slice('scalekit/'.length));
      perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
    }
    expect([...perMinute.values()]).toEqual(Array.from({ length: 10 }, () => 20));
  });

  test('that meets containers which begin at the same place is bounded all the same', async () => {
    const { inbox, containers } = containersAt(5, 5, 5);
    for (let i = 0; i < 300; i++) await containers[i % 3]?.(scalekitDelivery({ id: `msg_${i}` }), WRONG);
    expect(inbox.objects.size).toBe(20);
    expect(inbox.puts).toBe(22);
  });

  test('while S3 does not answer costs one try a minute, and fails nobody', async () => {
    const { inbox, clock, failures, containers } = containersAt(0);
    const keep = only(containers);
    inbox.down = true;
    for (let i = 0; i < 120; i++) {
      await keep(scalekitDelivery({ id: `msg_${i}` }), WRONG);
      clock.advance(1_000);
    }
    expect(inbox.puts).toBe(2);
    expect(failures).toEqual(['scalekit: S3 does not answer', 'scalekit: S3 does not answer']);
    inbox.down = false;
    await keep(scalekitDelivery(), WRONG);
    expect(inbox.objects.size).toBe(1);
  });
});

test('only what another secret can mend is kept', async () => {
  const { inbox, containers } = containersAt(0);
  const keep = only(containers);
  const kept: string[] = [];
  for (const reason of RECEIPT_REASONS) {
    const before = inbox.puts;
    await keep(scalekitDelivery(), rejected(reason));
    if (inbox.puts > before) kept.push(reason);
  }
  expect(kept).toEqual(['untrusted-key', 'wrong-secret-or-changed-body']);
  await keep(scalekitDelivery(), { receipt: 'unavailable', reason: 'no-usable-secret' });
  expect(inbox.puts).toBe(2);
});

test('nothing is kept of a source whose inbox is off', async () => {
  const { inbox, containers } = containersAt(0);
  await only(containers)(delivery('skribby', Buffer.from('{}'), {}), WRONG);
  expect(inbox.puts).toBe(0);
});

test('the bytes of the body, the headers that the scheme reads, the address and the time are read back, and no other header', async () => {
  const { inbox, clock, containers } = containersAt(7);
  clock.advance(48 * 60_000);
  const body = Buffer.from([0, 0xff, 0xfe, 0x7b, 0x0d, 0x0a]);
  const sent: Delivery = {
    ...scalekitDelivery({ body }),
    receivedAt: clock.now(),
    url: 'https://gateway.example.com/webhooks/scalekit?a=1',
  };
  const signature = ['v1,one', 'v1,two'];
  const signed = new Map([
    ['webhook-id', ['msg_1']],
    ['webhook-timestamp', ['1795334400']],
    ['webhook-signature', signature],
    ['content-type', ['application/json']],
  ]);
  const headers = new Map([...signed, ['cookie', ['session']], ['authorization', ['Bearer x']], ['x-other', ['y']]]);
  await only(containers)({ ...sent, headers }, WRONG);

  const [name, bytes] = only([...inbox.objects]);
  expect(name).toBe('scalekit/20261122T0848Z-07');
  expect(bytes && readKept('scalekit', bytes)).toEqual({
    reason: 'wrong-secret-or-changed-body',
    delivery: { ...sent, headers: signed },
  });
});

test.each([
  ['docusign', 'x-docusign-signature-2', true],
  ['docusign', 'cookie', false],
  ['contentful', 'x-anything', true],
  ['contentful', 'cookie', false],
  ['scalekit', 'x-anything', false],
])('of %s the header %s is kept: %s', async (name, header, isKept) => {
  const inbox = new MemoryInbox();
  const keep = inboxKeeper({
    inbox,
    clock: new ManualClock(NOON),
    random: () => 0,
    providers: new Map([[name, providerNamed(name)]]),
    failed: () => undefined,
  });
  await keep(delivery(name, Buffer.alloc(0), { [header]: 'v' }), WRONG);
  const [bytes] = inbox.objects.values();
  expect(bytes && readKept(name, bytes).delivery.headers.has(header)).toBe(isKept);
});

test('ids sort by minute, and one that is none has no minute', () => {
  expect(minuteOf('20261122T0848Z-07')).toBe(Date.parse('2026-11-22T08:48:00Z'));
  expect(oldestId(NOON)).toBe('20261119T0800Z-00');
  for (const none of ['', '../x', '20261122T0848Z-7', '20269922T0848Z-07', '20261122T0848Z-07/..'])
    expect(minuteOf(none)).toBeUndefined();
});
