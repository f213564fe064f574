import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { answerTo } from '../../../lambdas/core/receipt.ts';
import {
  delivery,
  gatewayInMemory,
  NOON,
  SCALEKIT_KEY,
  scalekitDelivery,
  skribbyDelivery,
  USER_CREATED,
} from '../../support/gateway-in-memory.ts';

const KEY = 'scalekit#msg_1';

describe('a good delivery', () => {
  test('is recorded with its payload, queued as a pointer, and accepted', async () => {
    const { receive, store, queue } = gatewayInMemory();

    expect(await receive(scalekitDelivery())).toEqual({
      receipt: 'accepted',
      via: 'queue',
      event: {
        key: 'msg_1',
        id: expect.any(String) as string,
        type: 'organization.directory.user_created',
        route: 'user-created',
        signedAt: NOON,
        secret: { stage: 'AWSCURRENT' },
      },
    });
    expect(store.records.get(KEY)).toMatchObject({ status: 'RECEIVED', orderKey: 'org_1', attempt: 0, epoch: 0 });
    const [sent] = queue.sent;
    expect(JSON.parse(sent?.body ?? '')).toEqual({
      v: 1,
      pk: KEY,
      epoch: 0,
      bodySha256: store.records.get(KEY)?.bodySha256,
      bodyAt: 'scalekit#evt_1',
    });
    expect([...store.bodies.values()].map(({ bytes }) => bytes.toString())).toEqual([USER_CREATED]);
  });

  test('says when its provider signed it, by the clock of that', async () => {
    const { receive } = gatewayInMemory();

    const behind = await receive(skribbyDelivery({ at: NOON - 4_000 }));
    expect(behind).toMatchObject({ receipt: 'accepted', event: { signedAt: 1_795_334_396_000 } });
    const ahead = await receive(scalekitDelivery({ at: NOON + 9_000 }));
    expect(ahead).toMatchObject({ receipt: 'accepted', event: { signedAt: 1_795_334_409_000 } });
  });

  test('whose type no route wants is kept as FILTERED and not queued', async () => {
    const { receive, store, queue } = gatewayInMemory();
    const body = JSON.stringify({ id: 'evt_2', type: 'organization.deleted' });

    expect(await receive(scalekitDelivery({ body }))).toMatchObject({ receipt: 'filtered' });
    expect(store.records.get(KEY)?.status).toBe('FILTERED');
    expect(queue.sent).toEqual([]);
    expect(await receive(scalekitDelivery({ body }))).toMatchObject({ receipt: 'duplicate' });
  });
});

describe('a delivery that comes again', () => {
  test('while its record is RECEIVED is sent again: the first attempt may have died before the queue', async () => {
    const { receive, queue } = gatewayInMemory();
    await receive(scalekitDelivery());

    expect(await receive(scalekitDelivery())).toMatchObject({ receipt: 'accepted' });
    expect(queue.sent).toHaveLength(2);
    expect(queue.sent[1]).toEqual(queue.sent[0]);
  });

  test('after its route was taken away is sent where its record says, if it may not be queued', async () => {
    const { receive, queue, store, dropRoutes } = gatewayInMemory();
    await receive(skribbyDelivery());
    const [body] = [...store.bodies.keys()];
    store.bodies.clear();
    dropRoutes('skribby');

    expect(await receive(skribbyDelivery())).toMatchObject({ receipt: 'accepted', via: 'queue' });
    expect(queue.sent).toHaveLength(2);
    expect(queue.sent[1]).toEqual(queue.sent[0]);
    expect([...store.bodies.keys()]).toEqual([body]);
    expect([...store.bodies.values()].map(({ bytes }) => bytes.length > 0)).toEqual([true]);
  });

  test('after its route was taken away leaves its payload where it is', async () => {
    const { receive, queue, store, dropRoutes } = gatewayInMemory();
    await receive(skribbyDelivery());
    const [[pk, record] = []] = store.records;
    if (pk === undefined || !record) throw new Error('not recorded');
    store.records.set(pk, { ...record, status: 'FAILED' });
    dropRoutes('skribby');

    expect(await receive(skribbyDelivery())).toMatchObject({ receipt: 'duplicate', sameBody: true });
    expect(queue.sent).toHaveLength(1);
    expect([...store.bodies.values()].map(({ bytes }) => bytes.length > 0)).toEqual([true]);
  });

  test.each(['PROCESSING', 'FAILED', 'DONE', 'PARKED'] as const)('after %s is a duplicate', async (status) => {
    const { receive, store, queue } = gatewayInMemory();
    await receive(scalekitDelivery());
    const record = store.records.get(KEY);
    if (!record) throw new Error('not recorded');
    store.records.set(KEY, { ...record, status });

    expect(await receive(scalekitDelivery())).toMatchObject({ receipt: 'duplicate', sameBody: true });
    expect(queue.sent).toHaveLength(1);
  });

  test('with another payload under the same id never replaces the first', async () => {
    const { receive, store, queue } = gatewayInMemory();
    await receive(scalekitDelivery());
    const first = store.records.get(KEY)?.bodySha256;

    await receive(scalekitDelivery({ body: USER_CREATED.replace('ada', 'eve') }));
    expect(store.records.get(KEY)?.bodySha256).toBe(first);
    expect(queue.sent.map(({ body }) => body)).toEqual([queue.sent[0]?.body, queue.sent[0]?.body]);
  });

  describe('with another payload, after the first one’s could not be kept', () => {
    const FIRST = scalekitDelivery();
    const SECOND = scalekitDelivery({ body: USER_CREATED.replace('ada', 'eve') });

    /** A gateway that has answered the first delivery with 503: its record is there, its payload is not. */
    async function afterTheFirst() {
      const gateway = gatewayInMemory();
      const putBody = gateway.store.putBody.bind(gateway.store);
      gateway.store.putBody = () => Promise.reject(new Error('throttled'));
      await expect(gateway.receive(FIRST)).rejects.toThrow('throttled');
      gateway.store.putBody = putBody;
      return gateway;
    }

    test('is the event: its record names the payload that is there', async () => {
      const { receive, store, queue } = await afterTheFirst();

      expect(await receive(SECOND)).toMatchObject({ receipt: 'accepted', via: 'queue' });
      const record = store.records.get(KEY);
      expect(record).toMatchObject({ status: 'RECEIVED', attempt: 0, receivedAt: NOON });
      const { bodyAt, bodySha256 } = JSON.parse(queue.sent[0]?.body ?? '') as { bodyAt: string; bodySha256: string };
      expect(bodySha256).toBe(record?.bodySha256);
      expect(await store.getBody(bodyAt, bodySha256)).toEqual(SECOND.body);
    });

    test('leaves the first to be a payload too late when it comes again', async () => {
      const { receive, store, queue } = await afterTheFirst();
      await receive(SECOND);
      const second = store.records.get(KEY)?.bodySha256;

      expect(await receive(FIRST)).toMatchObject({ receipt: 'accepted' });
      expect(store.records.get(KEY)?.bodySha256).toBe(second);
      expect(queue.sent[1]).toEqual(queue.sent[0]);
    });

    test.each(['PROCESSING', 'FAILED', 'PARKED'] as const)(
      'is no duplicate of what is %s without a payload: the provider is asked to come again',
      async (status) => {
        const { receive, store } = await afterTheFirst();
        const record = store.records.get(KEY);
        if (!record) throw new Error('not recorded');
        store.records.set(KEY, { ...record, status, attempt: 1 });

        expect(await receive(SECOND)).toEqual({ receipt: 'unavailable', reason: 'not-recorded' });
        expect(store.records.get(KEY)?.bodySha256).toBe(record.bodySha256);
      },
    );

    test('is a duplicate of what is DONE or no route wanted, whatever became of that payload', async () => {
      const { receive, store } = await afterTheFirst();
      const record = store.records.get(KEY);
      if (!record) throw new Error('not recorded');
      for (const status of ['DONE', 'FILTERED'] as const) {
        store.records.set(KEY, { ...record, status });
        expect(await receive(SECOND)).toMatchObject({ receipt: 'duplicate', sameBody: false });
      }
    });
  });

  test('under another unsigned id is the same event (K-4)', async () => {
    const { receive, store, queue } = gatewayInMemory();
    await receive(skribbyDelivery({ id: 'first' }));
    await receive(skribbyDelivery({ id: 'second' }));

    expect(store.records.size).toBe(1);
    expect(new Set(queue.sent.map(({ body }) => body)).size).toBe(1);
  });

  test.each(['RECEIVED', 'PARKED'] as const)(
    'under another unsigned id puts the payload where its record says, if the first failed to (%s)',
    async (status) => {
      const { receive, store } = gatewayInMemory();
      await receive(skribbyDelivery({ id: 'first' }));
      const [[pk, record] = []] = store.records;
      if (pk === undefined || !record) throw new Error('not recorded');
      store.records.set(pk, { ...record, status });
      store.bodies.clear();
      await receive(skribbyDelivery({ id: 'second' }));

      expect(await store.getBody('skribby#first', record.bodySha256)).toBeInstanceOf(Buffer);
    },
  );

  test('after its record expired is a new event, although TTL has not deleted the old one', async () => {
    const { receive, store, clock } = gatewayInMemory();
    await receive(scalekitDelivery());
    const record = store.records.get(KEY);
    if (!record) throw new Error('not recorded');
    store.records.set(KEY, { ...record, status: 'DONE' });
    clock.advance(30 * 24 * 60 * 60_000);

    expect(await receive(scalekitDelivery({ at: clock.now() }))).toMatchObject({ receipt: 'accepted' });
  });
});

describe('when the queue is down', () => {
  test('the event waits in the outbox and is acknowledged', async () => {
    const { receive, store, queue } = gatewayInMemory();
    queue.down = true;

    expect(await receive(scalekitDelivery())).toMatchObject({ receipt: 'accepted', via: 'outbox' });
    expect(store.records.get(KEY)?.outboxAt).toBe(NOON + 60_000);
  });

  test('an event of a provider that never redelivers is in the outbox at once, and needs no watch', async () => {
    const { receive, store, queue, clock } = gatewayInMemory();
    queue.down = true;

    expect(await receive(skribbyDelivery())).toMatchObject({ receipt: 'accepted', via: 'outbox' });
    expect(await store.dueOutbox(clock.now() + 60_000, 10)).toHaveLength(1);
  });

  test('and the outbox cannot be set, an event of a provider that never redelivers is watched from its first write', async () => {
    const { receive, store, queue } = gatewayInMemory();
    queue.down = true;
    store.setOutbox = () => Promise.reject(new Error('DynamoDB is down'));

    expect(await receive(skribbyDelivery())).toMatchObject({ receipt: 'accepted', via: 'outbox' });
    expect([...store.records.values()].map(({ outboxAt }) => outboxAt)).toEqual([NOON + 60_000]);
  });

  test('an event that a newer version recorded is not promised: nobody here may put it into the outbox', async () => {
    const { receive, store, queue } = gatewayInMemory();
    await receive(scalekitDelivery());
    const record = store.records.get(KEY);
    if (!record) throw new Error('not recorded');
    store.records.set(KEY, { ...record, v: 2 });
    queue.down = true;

    expect(await receive(scalekitDelivery())).toEqual({ receipt: 'unavailable', reason: 'not-recorded' });
    expect(store.records.get(KEY)).toEqual({ ...record, v: 2 });
  });

  test('and the outbox cannot be set either, the answer is unavailable, so the provider tries again', async () => {
    const { receive, store, queue } = gatewayInMemory();
    queue.down = true;
    store.setOutbox = () => Promise.reject(new Error('DynamoDB is down'));

    expect(await receive(scalekitDelivery())).toEqual({ receipt: 'unavailable', reason: 'not-recorded' });
  });
});

describe('a bad delivery touches nothing', () => {
  const good = scalekitDelivery();
  const withHeader = (name: string, values: readonly string[]): Delivery => ({
    ...good,
    headers: new Map([...good.headers, [name, values]]),
  });
  const withoutSignature = new Map([...good.headers].filter(([name]) => name !== 'webhook-signature'));
  const signature = good.headers.get('webhook-signature')?.[0] ?? '';

  test.each<[string, Delivery, string]>([
    ['to no source', { ...good, source: 'nobody' }, 'unknown-source'],
    ['named like a property of every object', { ...good, source: '__proto__' }, 'unknown-source'],
    ['by GET', { ...good, method: 'GET' }, 'wrong-method'],
    ['one byte over the cap', { ...good, body: Buffer.alloc(1024 * 1024 + 1) }, 'too-large'],
    ['that is compressed', withHeader('content-encoding', ['gzip']), 'content-encoded'],
    ['without signature', { ...good, headers: withoutSignature }, 'missing-signature'],
    ['with the signature header twice', withHeader('webhook-signature', [signature, signature]), 'repeated-header'],
    ['with a junk signature', withHeader('webhook-signature', ['v1,zz']), 'malformed-signature'],
    ['with a NaN timestamp', withHeader('webhook-timestamp', ['NaN']), 'malformed-timestamp'],
    ['with junk after the timestamp', withHeader('webhook-timestamp', ['1795334400abc']), 'malformed-timestamp'],
    ['that is 301 s old', scalekitDelivery({ at: NOON - 301_000 }), 'stale-timestamp'],
    ['that is 301 s ahead', scalekitDelivery({ at: NOON + 301_000 }), 'future-timestamp'],
    ['with a changed body', { ...good, body: Buffer.from('{}') }, 'wrong-secret-or-changed-body'],
    ['signed with another key', scalekitDelivery({ key: Buffer.from('x') }), 'wrong-secret-or-changed-body'],
    ['that is not JSON', scalekitDelivery({ body: 'hello' }), 'not-json'],
    ['that is empty', scalekitDelivery({ body: '' }), 'not-json'],
    ['that is binary', scalekitDelivery({ body: Buffer.from([0xff, 0xfe, 0x00]) }), 'not-json'],
    ['that has no type', scalekitDelivery({ body: '{"id":"evt_1"}' }), 'no-type'],
    ['nested beyond reason', scalekitDelivery({ body: '['.repeat(100_000) + ']'.repeat(100_000) }), 'too-deep'],
  ])('%s', async (_, bad, reason) => {
    const { receive, store, queue } = gatewayInMemory();

    expect(await receive(bad)).toEqual({ receipt: 'rejected', reason });
    expect([store.records.size, store.bodies.size, queue.sent.length]).toEqual([0, 0, 0]);
  });

  test('exactly at the cap it is read', async () => {
    const { receive } = gatewayInMemory();
    const fill = 1024 * 1024 - Buffer.byteLength('{"type":"x","pad":""}');
    const body = `{"type":"x","pad":"${'a'.repeat(fill)}"}`;

    expect(await receive(scalekitDelivery({ body }))).toMatchObject({ receipt: 'filtered' });
  });
});

describe('secrets', () => {
  test('a secret store that is down at a cold start is our fault, never a 401', async () => {
    const { receive, secretStore } = gatewayInMemory();
    secretStore.down = true;

    expect(await receive(scalekitDelivery())).toEqual({ receipt: 'unavailable', reason: 'secret-store' });
  });

  test('a secret that is no key at all is our fault too', async () => {
    const { receive, secretStore } = gatewayInMemory();
    secretStore.rotate('scalekit', 'whsec_', NOON - 60_000);
    secretStore.rotate('scalekit', '!!!', NOON);

    expect(await receive(scalekitDelivery())).toEqual({ receipt: 'unavailable', reason: 'no-usable-secret' });
  });

  test('a secret that was rotated a moment ago is found at the first signature that does not match', async () => {
    const { receive, secretStore } = gatewayInMemory();
    await receive(scalekitDelivery());
    const key = Buffer.from('another key of 24 bytes!');
    secretStore.rotate('scalekit', `whsec_${key.toString('base64')}`, NOON);

    expect(await receive(scalekitDelivery({ id: 'msg_2', key }))).toMatchObject({ receipt: 'accepted' });
    const old = await receive(scalekitDelivery({ id: 'msg_3', key: SCALEKIT_KEY }));
    expect(old).toMatchObject({ receipt: 'accepted', event: { secret: { stage: 'AWSPREVIOUS' } } });
  });

  test('forged signatures cost one look at the secret store a minute', async () => {
    const { receive, secretStore, clock } = gatewayInMemory();
    await receive(scalekitDelivery());
    const before = secretStore.reads;
    for (let i = 0; i < 500; i++) await receive(scalekitDelivery({ key: Buffer.from('forged') }));
    expect(secretStore.reads - before).toBe(1);

    clock.advance(60_000);
    for (let i = 0; i < 500; i++) await receive(scalekitDelivery({ key: Buffer.from('forged') }));
    expect(secretStore.reads - before).toBe(2);
  });
});

test('a source that is not there is told from one that is by its status only', async () => {
  const { receive } = gatewayInMemory();
  expect(await receive(delivery('nobody', Buffer.from('x'), {}))).toEqual({
    receipt: 'rejected',
    reason: 'unknown-source',
  });
});

test('texts without end are kept short: an id by its beginning, an order key by its hash', async () => {
  const { receive, store } = gatewayInMemory();
  const long = 'é'.repeat(2_000);
  const body = JSON.stringify({ ...(JSON.parse(USER_CREATED) as object), id: long, organization_id: long });
  expect(await receive(scalekitDelivery({ body }))).toMatchObject({ receipt: 'accepted' });

  const [record] = [...store.records.values()];
  expect(record?.eventId).toBe('é'.repeat(128));
  expect(record?.orderKey).toMatch(/^[\w-]{43}$/);
});

describe('a source with an allowlist', () => {
  const FROM = '203.0.113.7';

  test.each([
    ['an address of it', ['203.0.113.0/24'], 'accepted'],
    ['an address of none of its blocks', ['198.51.100.0/24', '2001:db8::/32'], 'rejected'],
  ])('takes %s as the connection has it: %j → %s', async (_, cidrs, expected) => {
    const { receive } = gatewayInMemory({ allow: { cidrs } });
    const forwarded = { ...scalekitDelivery() };
    const headers = new Map([...forwarded.headers, ['x-forwarded-for', ['198.51.100.9']]]);
    expect(await receive({ ...forwarded, headers })).toMatchObject({ receipt: expected });
  });

  test('refuses a stranger before anything is read, in the words of the web ACL', async () => {
    const { receive, secretStore, store } = gatewayInMemory({ allow: { cidrs: ['198.51.100.0/24'] } });
    const receipt = await receive(scalekitDelivery());
    expect(receipt).toEqual({ receipt: 'rejected', reason: 'address-not-allowed' });
    expect(answerTo(receipt, { status: 202 }, 1)).toMatchObject({ status: 403, body: '{"error":"forbidden"}' });
    expect([secretStore.reads, store.records.size]).toEqual([0, 0]);
  });

  test('whose published list is enforced refuses others after the signature, and reads the list for no stranger', async () => {
    const asked: string[] = [];
    const published = (provider: string) => {
      asked.push(provider);
      return Promise.resolve((address: string) => address !== FROM);
    };
    const { receive, store } = gatewayInMemory({ allow: { cidrs: [], published: 'enforce' }, published });
    await receive(scalekitDelivery({ key: Buffer.from('another key of twenty-four') }));
    expect(asked).toEqual([]);
    expect(await receive(scalekitDelivery())).toEqual({ receipt: 'rejected', reason: 'address-not-allowed' });
    expect([asked, store.records.size]).toEqual([['scalekit'], 0]);
  });

  test('whose published list is observed takes others too, and tells that they are unlisted', async () => {
    const published = () => Promise.resolve((address: string) => address !== FROM);
    const { receive } = gatewayInMemory({ allow: { cidrs: [], published: 'observe' }, published });
    expect(await receive(scalekitDelivery())).toMatchObject({ receipt: 'accepted', event: { unlisted: true } });
  });

  test('whose published list is not known yet takes what is signed', async () => {
    const published = () => Promise.resolve(undefined);
    const { receive } = gatewayInMemory({ allow: { cidrs: [], published: 'enforce' }, published });
    const receipt = await receive(scalekitDelivery());
    expect(receipt).toMatchObject({ receipt: 'accepted' });
    expect(receipt).not.toHaveProperty('event.unlisted');
  });
});
