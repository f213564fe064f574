import { createHmac } from 'node:crypto';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { Circuit } from '../../../lambdas/core/processing/circuit.ts';
import { consume, type QueuedMessage } from '../../../lambdas/core/processing/consume.ts';
import { payloadOf } from '../../../lambdas/core/processing/payload.ts';
import {
  type OneByOne,
  PermanentError,
  processor,
  type RetryOptions,
  RetryLater,
  type Schema,
} from '../../../lambdas/core/processor.ts';
import { delivery, gatewayInMemory, NOON, SCALEKIT_SECRET, scalekitDelivery } from '../../support/gateway-in-memory.ts';
import { MemoryBreakers } from '../../support/memory/breakers.ts';

const PK = 'scalekit#msg_1';
const ROUTE = 'scalekit/user-created';
const silent = { info: () => undefined, warn: () => undefined };

interface Payload {
  readonly data: { email: string };
  readonly occurred_at?: string;
}

const anything: Schema<Payload> = { '~standard': { validate: (value) => ({ value: value as Payload }) } };

/** One received event before a handler, and whatever schema and retry policy, of a test's own. */
async function received(
  handler: OneByOne<Payload>['handler'],
  { schema = anything, retry = {} }: { schema?: Schema<Payload>; retry?: RetryOptions } = {},
) {
  const { receive, store, queue, clock } = gatewayInMemory();
  await receive(scalekitDelivery());
  const breakers = new MemoryBreakers();
  const circuit = new Circuit({ route: ROUTE, breakers, clock });
  const route = processor({ on: '*', schema, retry, handler });
  let executions = 0;
  const take = (message: Partial<QueuedMessage> = {}) =>
    consume(
      route,
      {
        body: queue.sent[0]?.body ?? '',
        sentAt: NOON,
        hop: 'main',
        receives: 1,
        owner: `execution-${++executions}`,
        deadline: clock.now() + 30_000,
        ...message,
      },
      { store, clock, random: () => 0, log: silent, circuit, occurredAt: { at: '/occurred_at', as: 'iso' } },
    );
  return { take, clock, breakers, record: () => store.records.get(PK) };
}

const fails = (thrown: unknown) => () => {
  throw thrown;
};

describe('the next try', () => {
  test('is when RetryLater says, sooner or later than usual', async () => {
    const soon = await received(fails(new RetryLater(3)));
    expect(await soon.take()).toMatchObject({ outcome: 'failed', delaySeconds: 3 });
    expect(soon.record()).toMatchObject({ status: 'FAILED', nextAt: NOON + 3_000 });
    const late = await received(fails(new RetryLater(new Date(NOON + 7_200_000), 'the bank opens at two')));
    expect(await late.take()).toMatchObject({ delaySeconds: 7_200, reason: 'RetryLater: the bank opens at two' });
  });

  test('after RetryLater costs a try, so that no event waits for ever', async () => {
    const { take, record } = await received(fails(new RetryLater(1)));
    for (let tries = 0; tries < 5; tries++) await take();
    expect(record()).toMatchObject({ status: 'FAILED', attempt: 5, movedAttempt: 5 });
  });

  test('after RetryLater with a time that is none is the usual one', async () => {
    const { take } = await received(fails(new RetryLater(NaN)));
    expect(await take()).toMatchObject({ outcome: 'failed', delaySeconds: 15 });
  });

  test('is not before what is behind the handler allows, nor sooner than usual', async () => {
    const busy = await received(fails(new Response(null, { status: 503, headers: { 'retry-after': '600' } })));
    expect(await busy.take()).toMatchObject({ delaySeconds: 600, reason: 'Response: status 503' });
    const eager = await received(fails(new Response(null, { status: 503, headers: { 'retry-after': '1' } })));
    expect(await eager.take()).toMatchObject({ delaySeconds: 15 });
  });

  test('follows the route’s own policy, and its last one moves the message on', async () => {
    const { take } = await received(fails(new Error('down')), { retry: { tries: 2, firstWait: 4 } });
    expect(await take()).toMatchObject({ outcome: 'failed', delaySeconds: 2 });
    // It goes on by then, and so is a dead letter five minutes later at the soonest.
    expect(await take()).toMatchObject({ outcome: 'failed', delaySeconds: 300 });
    expect(await take({ hop: 'dead', sentAt: NOON + 1 })).toMatchObject({ outcome: 'failed', delaySeconds: 300 });
    expect(await take({ hop: 'dead', sentAt: NOON + 1 })).toMatchObject({ outcome: 'parked' });
  });
});

test('RetryLater says nothing against what is behind the handler, a Retry-After does', async () => {
  const asked = await received(fails(new RetryLater(1)));
  await asked.take();
  expect(asked.breakers.rows.get(ROUTE)).toBeUndefined();
  const refused = await received(fails({ retryAfter: 60 }));
  await refused.take();
  expect(refused.breakers.rows.get(ROUTE)).toMatchObject({ failures: 1 });
});

describe('a handler', () => {
  test('that returns rubbish is done: what it returns means nothing', async () => {
    const rubbish = (() => Promise.resolve({ batchItemFailures: 'all' })) as unknown as OneByOne<Payload>['handler'];
    const { take, record } = await received(rubbish);
    expect(await take()).toMatchObject({ outcome: 'done' });
    expect(record()?.status).toBe('DONE');
  });

  test('that returns a thenable that throws fails', async () => {
    const hostile = {
      get then() {
        throw new Error('then what');
      },
    };
    const { take } = await received((() => hostile) as unknown as OneByOne<Payload>['handler']);
    expect(await take()).toMatchObject({ outcome: 'failed', reason: 'Error: then what' });
  });

  test('that changes what it is given changes it for itself: the next attempt gets it anew', async () => {
    const seen: unknown[] = [];
    const { take } = await received((event) => {
      seen.push([event.payload.data.email, event.rawBody.subarray(0, 1).toString(), event.receivedAt.getTime()]);
      event.payload.data.email = 'changed';
      event.rawBody.fill(0);
      event.receivedAt.setTime(0);
      throw new Error('again');
    });
    await take();
    await take();
    expect(seen).toEqual([
      ['ada@example.com', '{', NOON],
      ['ada@example.com', '{', NOON],
    ]);
  });

  test('that takes values out of what it is given does not bring them into the reason', async () => {
    const { take } = await received(({ payload, rawBody }) => {
      const { email } = payload.data;
      payload.data.email = '';
      rawBody.fill(0);
      throw new Error(`no user ${email}`);
    });
    expect(await take()).toMatchObject({ outcome: 'failed', reason: 'Error: no user …' });
  });

  test('whose RetryLater can’t be asked for its time fails like any other', async () => {
    const mute = Object.defineProperty(new RetryLater(5), 'after', {
      get: () => {
        throw new Error('mine');
      },
    });
    const { take } = await received(fails(mute));
    expect(await take()).toMatchObject({ outcome: 'failed', delaySeconds: 15 });
  });

  test('is told when the event happened, as the provider says', async () => {
    const { receive, store, queue, clock } = gatewayInMemory();
    const body = '{"type":"organization.directory.user_created","occurred_at":"2026-01-02T03:04:05Z","data":{}}';
    await receive(scalekitDelivery({ body }));
    let occurredAt: Date | undefined;
    const route = processor({ on: '*', schema: anything, handler: (event) => void (occurredAt = event.occurredAt) });
    const circuit = new Circuit({ route: ROUTE, breakers: new MemoryBreakers(), clock });
    const message = queue.sent[0]?.body ?? '';
    await consume(
      route,
      { body: message, sentAt: NOON, hop: 'main', receives: 1, owner: 'me', deadline: NOON + 30_000 },
      { store, clock, random: () => 0, log: silent, circuit, occurredAt: { at: '/occurred_at', as: 'iso' } },
    );
    expect(occurredAt?.toISOString()).toBe('2026-01-02T03:04:05.000Z');
  });
});

describe('a payload', () => {
  /** What the handler of any event of a source gets, or why it gets none. */
  async function handed(delivery: Delivery, secret: string, form: boolean, route = 'twilio/any'): Promise<unknown> {
    const { receive, store, queue, clock, secretStore } = gatewayInMemory();
    secretStore.rotate(delivery.source, secret, NOON - 60_000);
    expect((await receive(delivery)).receipt).toBe('accepted');
    let payload: unknown;
    const payloadOnly = processor({ on: '*', schema: anything, handler: (event) => void (payload = event.payload) });
    const outcome = await consume(
      payloadOnly,
      { body: queue.sent[0]?.body ?? '', sentAt: NOON, hop: 'main', receives: 1, owner: 'me', deadline: NOON + 30_000 },
      {
        ...{ store, clock, random: () => 0, log: silent, form },
        circuit: new Circuit({ route, breakers: new MemoryBreakers(), clock }),
      },
    );
    return 'reason' in outcome ? outcome.reason : payload;
  }

  /** As Twilio signs: the URL, then each field's name and value in the order of names. */
  function fromTwilio(body: string, signed: string): Delivery {
    const mac = createHmac('sha1', 'token').update(`https://gateway.example.com/webhooks/twilio${signed}`);
    return delivery('twilio', Buffer.from(body), {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': mac.digest('base64'),
    });
  }

  test('of a form is its fields, with all values of a name that came twice', async () => {
    const body =
      'MessageSid=SM1&MessageStatus=delivered&MediaUrl=b&MediaUrl=a%26c&__proto__=x&payload=%7B%22a%22%3A1%7D';
    const signed = 'MediaUrla&cMediaUrlbMessageSidSM1MessageStatusdelivered__proto__xpayload{"a":1}';
    const payload = (await handed(fromTwilio(body, signed), 'token', true)) as object;

    expect(Object.entries(payload)).toEqual([
      ['MessageSid', 'SM1'],
      ['MessageStatus', 'delivered'],
      ['MediaUrl', ['b', 'a&c']],
      ['__proto__', 'x'],
      ['payload', '{"a":1}'],
    ]);
  });

  test('that is neither JSON nor a form is parked', async () => {
    expect(await handed(fromTwilio('', ''), 'token', true)).toBe('not-json');
    expect(await handed(fromTwilio('CallSid=CA1', 'CallSidCA1'), 'token', false)).toBe('not-json');
  });

  test('of a multipart form is its fields', () => {
    const body = '--x1\r\nContent-Disposition: form-data; name="json"\r\n\r\n{"event":{}}\r\n--x1--\r\n';
    expect(payloadOf(Buffer.from(body), true)?.value).toEqual({ json: '{"event":{}}' });
  });

  test('may begin with a byte order mark', async () => {
    const body = '\ufeff{"type":"organization.directory.user_created","data":{"email":"ada@example.com"}}';
    expect(await handed(scalekitDelivery({ body }), SCALEKIT_SECRET, false, ROUTE)).toMatchObject({
      data: { email: 'ada@example.com' },
    });
  });
});

describe('a schema', () => {
  const answering = (validate: () => unknown): Schema<Payload> =>
    ({ '~standard': { validate } }) as unknown as Schema<Payload>;

  test.each<[string, () => unknown, string]>([
    [
      'refuses later',
      () => Promise.resolve({ issues: [{ message: 'no', path: ['data'] }] }),
      'invalid-payload: data: no',
    ],
    [
      'repeats what it refuses',
      () => ({ issues: [{ message: 'ada@example.com is none' }] }),
      'invalid-payload: … is none',
    ],
    ['throws', fails(new TypeError('odd')), 'schema-threw: TypeError: odd'],
    ['rejects', () => Promise.reject(new TypeError('odd')), 'schema-threw: TypeError: odd'],
    [
      'answers nothing',
      () => undefined,
      "schema-threw: TypeError: Cannot read properties of undefined (reading 'issues')",
    ],
    [
      'answers with issues that are no list',
      () => ({ issues: 'many' }),
      'schema-threw: TypeError: issues.slice(...).map is not a function',
    ],
  ])('that %s parks the event', async (_, validate, reason) => {
    const { take } = await received(() => undefined, { schema: answering(validate) });
    expect(await take()).toMatchObject({ outcome: 'parked', reason });
  });

  test('that never answers is given up like a handler', async () => {
    const { take, clock } = await received(() => undefined, { schema: answering(() => new Promise(() => undefined)) });
    const taken = take();
    await new Promise(setImmediate);
    clock.advance(29_000);
    expect(await taken).toMatchObject({
      outcome: 'failed',
      reason: 'DeadlineExceeded: The handler did not end within 29 s.',
    });
  });
});

describe('an execution that was cut short', () => {
  /** As its thread leaves it: claimed, without an end. */
  async function cut(handler: OneByOne<Payload>['handler'] = () => undefined) {
    const held = await received(handler);
    const never = held.take({ owner: 'me' });
    await new Promise(setImmediate);
    return { ...held, never };
  }
  const hangsOnce = () => {
    let calls = 0;
    return () => (++calls === 1 ? new Promise<void>(() => undefined) : undefined);
  };

  test('goes on with the same attempt in another thread of its invocation', async () => {
    const { take, record } = await cut(hangsOnce());
    expect(record()).toMatchObject({ status: 'PROCESSING', attempt: 1 });
    expect(await take({ owner: 'me', place: 'apart' })).toMatchObject({ outcome: 'done' });
    expect(record()).toMatchObject({ status: 'DONE', attempt: 1 });
  });

  test('is noted in the record and retried; nothing is run', async () => {
    let runs = 0;
    const { take, record } = await cut(() => {
      runs++;
      return new Promise<void>(() => undefined);
    });
    const outcome = await take({ owner: 'me', place: 'apart', cutShort: 'the handler ended its thread (exit code 3)' });
    expect(outcome).toMatchObject({ outcome: 'failed', delaySeconds: 15 });
    expect(record()).toMatchObject({
      status: 'FAILED',
      attempt: 1,
      lastError: 'cut-short: the handler ended its thread (exit code 3)',
    });
    expect(runs).toBe(1);
  });

  test('is not another’s to note: the event may have been taken over', async () => {
    const { take, record } = await cut(hangsOnce());
    expect(await take({ owner: 'you', place: 'apart', cutShort: 'exit' })).toMatchObject({
      outcome: 'deferred',
      why: 'held',
    });
    expect(record()).toMatchObject({ status: 'PROCESSING', owner: 'me' });
  });

  test('makes the event’s next try begin apart from others', async () => {
    const { take, record } = await cut(hangsOnce());
    await take({ owner: 'me', place: 'apart', cutShort: 'exit' });
    expect(await take({ owner: 'next', place: 'together' })).toEqual({ outcome: 'apart', verdict: 'apart', pk: PK });
    expect(await take({ owner: 'next', place: 'apart' })).toMatchObject({ outcome: 'done' });
    expect(record()).toMatchObject({ status: 'DONE', attempt: 2 });
    expect(record()).not.toHaveProperty('lastError');
  });
});

test('a business rule in the schema parks with its reason, as a PermanentError of the handler does', async () => {
  const rule: Schema<Payload> = {
    '~standard': { validate: () => ({ issues: [{ path: ['data', 'amount'], message: 'must not be negative' }] }) },
  };
  const ruled = await received(() => undefined, { schema: rule });
  expect(await ruled.take()).toMatchObject({
    outcome: 'parked',
    reason: 'invalid-payload: data.amount: must not be negative',
  });
  const permanent = await received(fails(new PermanentError('closed')));
  expect(await permanent.take()).toMatchObject({ outcome: 'parked', reason: 'PermanentError: closed' });
});
