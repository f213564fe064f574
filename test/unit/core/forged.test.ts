import { answerTo } from '../../../lambdas/core/receipt.ts';
import { gatewayInMemory, scalekitDelivery } from '../../support/gateway-in-memory.ts';
import { MemoryQueue } from '../../support/memory/queue.ts';
import { MemoryStore } from '../../support/memory/store.ts';

const FORGED = Buffer.from('nobody has given it this');

/** Names of the methods that are called, of every object of the class. */
function callsOf(...classes: readonly { readonly prototype: object }[]): string[] {
  const calls: string[] = [];
  for (const { prototype } of classes) {
    const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
    for (const name of names) {
      const value: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
      if (typeof value !== 'function') continue;
      jest.spyOn(prototype as Record<string, () => unknown>, name).mockImplementation(function (
        this: unknown,
        ...given
      ) {
        calls.push(name);
        return (value as (...given: unknown[]) => unknown).apply(this, given);
      });
    }
  }
  return calls;
}

afterEach(() => jest.restoreAllMocks());

test('10,000 bad signatures cost one look at the secret store a minute, no call of table or queue, and get one answer', async () => {
  const calls = callsOf(MemoryStore, MemoryQueue);
  const { receive, secretStore, clock } = gatewayInMemory();
  await receive(scalekitDelivery());
  expect(calls.length).toBeGreaterThan(0);
  calls.length = 0;
  const readAt: number[] = [];
  const current = secretStore.current.bind(secretStore);
  secretStore.current = (source) => {
    readAt.push(clock.now());
    return current(source);
  };

  const answers = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    clock.advance(100);
    const receipt = await receive(scalekitDelivery({ id: `msg_${i}`, key: FORGED, at: clock.now() }));
    answers.add(JSON.stringify(answerTo(receipt, { status: 201 }, 0)));
  }

  expect(calls).toEqual([]);
  expect([...answers]).toEqual([
    '{"status":401,"headers":{"content-type":"application/json"},"body":"{\\"error\\":\\"unauthorized\\"}"}',
  ]);
  // 1,000 s, of which the first delivery looks.
  expect(readAt).toHaveLength(17);
  expect(Math.min(...readAt.slice(1).map((at, i) => at - (readAt[i] ?? 0)))).toBe(60_000);
});

describe('while the secret store is down, what matches nothing held may be our fault: 503, and one look a minute still', () => {
  test.each([
    ['a container that holds its secret', 0],
    ['one whose secret is due to be read again', 6 * 60_000],
    ['one whose secret is too old to be served', 25 * 60 * 60_000],
  ])('in %s', async (_, ageMs) => {
    const { receive, secretStore, clock } = gatewayInMemory();
    await receive(scalekitDelivery());
    clock.advance(ageMs);
    expect(await floodWhileDown({ receive, secretStore, clock })).toEqual({ reads: 1, receipts: [UNAVAILABLE] });
    const served = { receipt: ageMs < 24 * 60 * 60_000 ? 'accepted' : 'unavailable' };
    expect(await receive(scalekitDelivery({ id: 'msg_2', at: clock.now() }))).toMatchObject(served);
  });

  test('in one that has never read it, which serves a minute after the store is back', async () => {
    const { receive, secretStore, clock } = gatewayInMemory();
    expect(await floodWhileDown({ receive, secretStore, clock })).toEqual({ reads: 1, receipts: [UNAVAILABLE] });

    secretStore.down = false;
    clock.advance(60_000);
    expect(await receive(scalekitDelivery({ id: 'msg_2', at: clock.now() }))).toMatchObject({ receipt: 'accepted' });
  });
});

const UNAVAILABLE = '{"receipt":"unavailable","reason":"secret-store"}';

/** A thousand forgeries in 50 s. */
async function floodWhileDown({
  receive,
  secretStore,
  clock,
}: Pick<ReturnType<typeof gatewayInMemory>, 'receive' | 'secretStore' | 'clock'>) {
  secretStore.down = true;
  const before = secretStore.reads;
  const receipts = new Set<string>();
  for (let i = 0; i < 1_000; i++) {
    clock.advance(50);
    receipts.add(JSON.stringify(await receive(scalekitDelivery({ key: FORGED, at: clock.now() }))));
  }
  return { reads: secretStore.reads - before, receipts: [...receipts] };
}
