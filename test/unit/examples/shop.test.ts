import orderPaid from '../../../examples/processors/shop/order-paid.ts';
import pageViewed from '../../../examples/processors/shop/page-viewed.ts';
import reportRequested from '../../../examples/processors/shop/report-requested.ts';
import type { ProcessorContext, Schema, Write } from '../../../lambdas/core/processor.ts';

const NOON = new Date('2026-11-22T12:00:00Z');
const EVENT = { type: 'x', source: 'shop', receivedAt: NOON, rawBody: Buffer.from('') };
const REPORT = '3d0f0c0e-6c4b-4b7a-9f5e-2b8f6a1d7c11';

const written: Write[] = [];
const context: ProcessorContext = {
  idempotencyKey: 'shop#evt_1@0',
  attempt: 1,
  signal: new AbortController().signal,
  log: { info: () => undefined, warn: () => undefined },
  commit: (writes) => {
    written.push(...writes);
    return Promise.resolve('committed');
  },
};

let sent: Request[];
function answers(answer: Response): void {
  sent = [];
  jest.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
    sent.push(new Request(url, init));
    return Promise.resolve(answer);
  });
}

afterEach(() => {
  jest.restoreAllMocks();
  written.length = 0;
});

async function payloadOf<Payload>(schema: Schema<Payload>, body: object): Promise<Payload> {
  const result = await schema['~standard'].validate(body);
  if (result.issues) throw new Error(result.issues.map(({ message }) => message).join());
  return result.value;
}

test('an order that is paid is shipped under the event’s key', async () => {
  answers(new Response(null, { status: 201 }));
  const payload = await payloadOf(orderPaid.schema, { data: { order_id: 'o1', amount: 5 } });
  await orderPaid.handler({ ...EVENT, payload }, context);

  expect(sent[0]?.headers.get('idempotency-key')).toBe('shop#evt_1@0');
  expect(await sent[0]?.json()).toEqual({ order: 'o1' });
});

test('an amount below zero is refused by the schema', async () => {
  await expect(payloadOf(orderPaid.schema, { data: { order_id: 'o1', amount: -5 } })).rejects.toThrow('>=0');
});

test('a warehouse that is busy is the cause of the failure, with its Retry-After', async () => {
  const busy = new Response(null, { status: 503, headers: { 'retry-after': '60' } });
  answers(busy);
  const payload = await payloadOf(orderPaid.schema, { data: { order_id: 'o1', amount: 5 } });
  await expect(orderPaid.handler({ ...EVENT, payload }, context)).rejects.toMatchObject({ cause: busy });
});

test.each([
  [202, { name: 'RetryLater', after: 600 }],
  [404, { name: 'PermanentError' }],
  [500, { name: 'Error' }],
])('a report that is answered %d ends as %j', async (status, error) => {
  answers(new Response(null, { status }));
  const payload = await payloadOf(reportRequested.schema, { data: { report_id: REPORT } });
  await expect(reportRequested.handler({ ...EVENT, payload }, context)).rejects.toMatchObject(error);
});

test('a report that is ready is kept', async () => {
  answers(new Response('all well'));
  const payload = await payloadOf(reportRequested.schema, { data: { report_id: REPORT } });
  await reportRequested.handler({ ...EVENT, payload }, context);
  expect(written).toEqual([{ put: { table: 'reports', item: { id: REPORT, text: 'all well' } } }]);
});

test('page views go out in one request, and the one that is refused fails alone', async () => {
  answers(Response.json({ refused: ['b'] }));
  const view = (key: string, path: string) => ({
    ...EVENT,
    payload: { data: { path } },
    idempotencyKey: key,
    attempt: 1,
    commit: context.commit,
  });
  const outcomes = await pageViewed.handleBatch([view('a', '/'), view('b', '/b')], context);

  expect(sent).toHaveLength(1);
  expect(await sent[0]?.json()).toEqual([
    { key: 'a', path: '/', at: '2026-11-22T12:00:00.000Z' },
    { key: 'b', path: '/b', at: '2026-11-22T12:00:00.000Z' },
  ]);
  expect(outcomes).toEqual(['done', new Error('The import refused this line.')]);
});
