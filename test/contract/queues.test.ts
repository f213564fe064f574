import type { Hop } from '../faults/queues.ts';
import { CHAINS, type ChainUnderTest, type Handed } from './queue-chains.ts';

/**
 * What the consumer's protocol rests on, and every verdict of the fault harness: SQS's promises, held to by each
 * implementation. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
describe.each(CHAINS)('the queues of a route, %s,', (_name, open) => {
  let chain: ChainUnderTest;

  beforeAll(async () => {
    chain = await open();
  });
  afterAll(() => chain?.close());

  async function received(hop: Hop): Promise<Handed> {
    const message = await chain.receive(hop);
    if (!message) throw new Error(`Nothing is visible in the ${hop} queue.`);
    return message;
  }

  /** Spends all receives that a message has in a queue; returns what each said of itself. */
  async function spend(hop: 'main' | 'dead', times: number): Promise<readonly Handed[]> {
    const all: Handed[] = [];
    for (let i = 0; i < times; i++) {
      const message = await received(hop);
      await message.giveBack();
      all.push(message);
    }
    return all;
  }

  test('hide a message while somebody holds it, and forget it when it is deleted', async () => {
    await chain.send('held');
    const message = await received('main');
    expect(message).toMatchObject({ body: 'held', receives: 1 });
    expect(await chain.receive('main')).toBeUndefined();
    await message.delete();
    expect(await chain.receive('main')).toBeUndefined();
  });

  test('hand a message that is given back to whoever comes next, and count it', async () => {
    await chain.send('again');
    await (await received('main')).giveBack();
    const again = await received('main');
    expect(again).toMatchObject({ body: 'again', receives: 2 });
    await again.delete();
  });

  test('move what was received ten times, then five as a dead letter, with its time of sending and its receives anew; a redrive sends it anew', async () => {
    await chain.send('spent');
    const onMain = await spend('main', 10);
    expect(onMain.map(({ receives }) => receives)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const sentAt = onMain[0]?.sentAt ?? NaN;
    chain.later();

    expect(await chain.receive('main')).toBeUndefined();
    const asDead = await spend('dead', 5);
    expect(asDead.map(({ receives }) => receives)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(asDead.map((message) => message.sentAt))).toEqual(new Set([sentAt]));

    expect(await chain.receive('dead')).toBeUndefined();
    const parked = await received('parked');
    expect(parked).toMatchObject({ body: 'spent', sentAt });
    await parked.giveBack();

    await chain.redrive('parked');
    const anew = await received('main');
    expect(anew).toMatchObject({ body: 'spent', receives: 1 });
    expect(anew.sentAt).toBeGreaterThan(sentAt);
    await anew.delete();
    expect(await chain.receive('parked')).toBeUndefined();
  });
});
