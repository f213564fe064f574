import type { EventRecord } from '../../lambdas/core/record.ts';
import { removeData, temporaryData, until } from '../support/host.ts';
import { EventQueue } from '../support/queued-events.ts';
import { Gateway } from '../support/trial/gateway.ts';

const ROUTE = { source: 'inkress', route: 'bad', type: 'trial.bad' };

let data: string;
let gateway: Gateway;
let events: EventQueue;

beforeAll(async () => {
  data = temporaryData();
  gateway = await Gateway.start(data);
  events = await EventQueue.of(gateway.host);
});

afterAll(async () => {
  events?.close();
  await gateway?.stop();
  removeData(data);
});

/** Ten events that become visible in one moment, one of which is bad. */
async function among(does: string): Promise<{ bad: () => Promise<EventRecord>; others: () => Promise<EventRecord[]> }> {
  const names = Array.from({ length: 10 }, (_, at) => ({
    id: `${does}-${at}`,
    body: { does: at === 4 ? does : 'well' },
  }));
  await events.send(ROUTE, await events.record(ROUTE, names), 1);
  const recordOf = async (id: string): Promise<EventRecord> => {
    const record = await events.store.get(`inkress#${id}`);
    if (!record) throw new Error(`${id} has no record`);
    return record;
  };
  const well = names.filter(({ body }) => body.does === 'well');
  return {
    bad: () => recordOf(`${does}-4`),
    others: () => Promise.all(well.map(({ id }) => recordOf(id))),
  };
}

test.each<[string, string, string | RegExp]>([
  ['blocks its thread', 'block', 'cut-short: the handler blocked its thread'],
  ['calls process.exit', 'exit', 'cut-short: the handler ended its thread (exit code 3)'],
  ['fills its memory', 'fill', 'cut-short: the handler used more memory than it has'],
  ['fills buffers', 'buffers', 'cut-short: the handler used more memory than it has'],
  ['throws where nobody catches', 'escape', 'cut-short: an error that nobody caught: RangeError'],
  ['never ends', 'hang', /^DeadlineExceeded: The handler did not end within 5\d s\.$/],
  ['has a schema that blocks', 'block-schema', 'cut-short: the handler blocked its thread'],
])(
  'a handler that %s fails its own event with a reason, and the nine others are done at their first attempt',
  async (_, does, reason) => {
    const { bad, others } = await among(does);
    await until(
      async () => (await bad()).lastError !== undefined,
      () => does,
    );

    expect(await bad()).toMatchObject({
      status: expect.stringMatching(/FAILED|PROCESSING|PARKED/) as unknown,
      // Of its 60 seconds, those are gone that it took to begin.
      lastError: typeof reason === 'string' ? reason : (expect.stringMatching(reason) as unknown),
    });
    // A slow machine may hand them over in two batches; then some are done after the bad one has its reason.
    await until(
      async () => (await others()).every(({ status }) => status === 'DONE'),
      () => `the nine beside ${does}`,
    );
    // A second attempt would mean that the bad one took them down with it.
    expect((await others()).map(({ attempt }) => attempt)).toEqual(Array.from({ length: 9 }, () => 1));
  },
);
