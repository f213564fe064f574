import inOrder from '../../../examples/processors/skribby/status-in-order.ts';
import updated from '../../../examples/processors/stripe/subscription-updated.ts';
import type { Processor, ProcessorContext } from '../../../lambdas/core/processor.ts';

const context: ProcessorContext = {
  idempotencyKey: 'stripe#evt_1@0',
  attempt: 1,
  signal: new AbortController().signal,
  log: { info: () => undefined, warn: () => undefined },
  commit: () => Promise.resolve('committed'),
};

/** Runs a processor against a system that answers as it is told, and returns what was sent to it. */
async function told<Payload>(
  { schema, handler }: Processor<Payload>,
  body: object,
  answers: readonly Response[],
  occurredAt?: Date,
): Promise<readonly string[]> {
  const sent: string[] = [];
  const rest = [...answers];
  const fetched = jest.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
    const body = typeof init?.body === 'string' ? ` ${init.body}` : '';
    sent.push(`${init?.method ?? 'GET'} ${url instanceof Request ? url.url : url.toString()}${body}`);
    return Promise.resolve(rest.shift() ?? new Response(''));
  });
  try {
    const result = await schema['~standard'].validate(body);
    if (result.issues || !handler) throw new Error('The processor does not take this.');
    const event = { type: 'x', source: 'x', receivedAt: new Date(0), rawBody: Buffer.from(JSON.stringify(body)) };
    await handler({ ...event, payload: result.value, ...(occurredAt && { occurredAt }) }, context);
  } finally {
    fetched.mockRestore();
  }
  return sent;
}

const SUBSCRIPTION = { data: { object: { id: 'sub_1', status: 'past_due' } } };
const NOON = new Date('2026-11-22T12:00:00Z');

test('an update that is older than what is kept writes nothing', async () => {
  const newer = new Response('{"changedAt":"2026-11-22T14:00:01+02:00"}');
  expect(await told(updated, SUBSCRIPTION, [newer], NOON)).toEqual(['GET https://billing.example/subscriptions/sub_1']);
});

test.each([
  ['newer than what is kept', new Response('{"changedAt":"2026-11-22T11:59:59Z"}')],
  ['the first of its kind', new Response('', { status: 404 })],
])('an update that is %s is written', async (_, kept) => {
  expect(await told(updated, SUBSCRIPTION, [kept], NOON)).toEqual([
    'GET https://billing.example/subscriptions/sub_1',
    'PUT https://billing.example/subscriptions/sub_1 {"status":"past_due","changedAt":"2026-11-22T12:00:00.000Z"}',
  ]);
});

test('the states of a bot are told one by one, and one that is not taken is thrown, with when to come again', async () => {
  const body = { bot_id: 'bot/1', data: { new_status: 'joining' } };
  expect(inOrder.ordered).toBe('/bot_id');
  expect(await told(inOrder, body, [])).toEqual([
    'POST https://crm.example/meetings/bot%2F1/states {"status":"joining"}',
  ]);
  const busy = new Response('', { status: 503, headers: { 'retry-after': '7' } });
  await expect(told(inOrder, body, [busy])).rejects.toMatchObject({ response: busy });
});
