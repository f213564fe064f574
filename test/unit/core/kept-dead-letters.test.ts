import { Circuit } from '../../../lambdas/core/processing/circuit.ts';
import { consume } from '../../../lambdas/core/processing/consume.ts';
import { processor } from '../../../lambdas/core/processor.ts';
import { gatewayInMemory, NOON, scalekitDelivery } from '../../support/gateway-in-memory.ts';
import { MemoryBreakers } from '../../support/memory/breakers.ts';

const PK = 'scalekit#msg_1';
const HALF_AN_HOUR = 30 * 60_000;

/** An event of a route whose dead letters wait for a person, and its receives half an hour apart. */
async function received() {
  const { receive, store, queue, clock } = gatewayInMemory();
  await receive(scalekitDelivery());
  let broken = true;
  const once = processor({
    on: '*',
    schema: { '~standard': { validate: (value) => ({ value }) } },
    retry: { deadLetters: false },
    handler: () => {
      if (broken) throw new Error('down');
    },
  });
  const circuit = new Circuit({ route: 'scalekit/user-created', breakers: new MemoryBreakers(), clock });
  const take = (receives: number, sentAt = NOON) => {
    clock.advance(HALF_AN_HOUR);
    const deadline = clock.now() + 30_000;
    const body = queue.sent[0]?.body ?? '';
    return consume(
      once,
      { body, sentAt, hop: 'main', receives, owner: `${clock.now()}`, deadline },
      { store, clock, random: () => 1, log: { info: () => undefined, warn: () => undefined }, circuit },
    );
  };
  return { take, clock, mend: () => (broken = false), record: () => store.records.get(PK) };
}

test('when its tries on the main queue are spent the event is parked, and its message goes on without a try', async () => {
  const { take, record } = await received();
  for (const receives of [1, 2, 3, 4]) expect(await take(receives)).toMatchObject({ outcome: 'failed' });

  expect(await take(5)).toMatchObject({ outcome: 'parked', delaySeconds: 0, reason: 'Error: down' });
  expect(record()).toMatchObject({ status: 'PARKED', attempt: 5, movedAttempt: 5 });
  expect(await take(6)).toEqual({ outcome: 'moving', delaySeconds: 0, pk: PK });
});

test('so it is at the last receive, whatever is left of its tries', async () => {
  const { take, record } = await received();

  expect(await take(10)).toMatchObject({ outcome: 'parked' });
  expect(record()).toMatchObject({ status: 'PARKED', attempt: 1 });
});

test('a redrive from the dead-letter queue gives it its tries anew', async () => {
  const { take, clock, mend, record } = await received();
  for (const receives of [1, 2, 3, 4, 5]) await take(receives);
  const redrivenAt = clock.now() + 1;

  expect(await take(1, redrivenAt)).toMatchObject({ outcome: 'failed' });
  mend();
  expect(await take(2, redrivenAt)).toMatchObject({ outcome: 'done' });
  expect(record()).toMatchObject({ status: 'DONE', attempt: 7 });
});
