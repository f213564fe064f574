import * as z from 'zod';
import { SCHEMAS } from '../../../lambdas/core/admin/schemas.ts';
import { administerInbox, type InboxExplanation } from '../../../lambdas/core/admin/inbox.ts';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { inboxKeeper } from '../../../lambdas/core/inbox/inbox.ts';
import type { Released, ReleaseAudit } from '../../../lambdas/core/inbox/release.ts';
import type { SourceAllow } from '../../../lambdas/core/source.ts';
import {
  gatewayInMemory,
  NOON,
  SCALEKIT_SECRET,
  scalekitDelivery,
  USER_CREATED,
} from '../../support/gateway-in-memory.ts';
import { MemoryInbox } from '../../support/memory/inbox.ts';

const NEW_KEY = Buffer.from('the key after a rotation');
const NEW_SECRET = `whsec_${NEW_KEY.toString('base64')}`;
const HOUR_MS = 60 * 60_000;

/** A verifier with an inbox, and the operator's side of it. */
function world(options: { allow?: SourceAllow } = {}) {
  const gateway = gatewayInMemory(options);
  const { clock, store, queue, secrets, secretStore, endpoints } = gateway;
  const inbox = new MemoryInbox();
  const audits: ReleaseAudit[] = [];
  const keep = inboxKeeper({
    inbox,
    clock,
    random: () => 0.5,
    providers: new Map([...endpoints].map(([name, { verifier }]) => [name, verifier.provider])),
    failed: () => undefined,
  });
  const ports = { inbox, clock, store, queue, endpoints, secrets, audit: (entry: ReleaseAudit) => audits.push(entry) };

  async function ask(method: 'GET' | 'POST', path: string, body?: object) {
    const answer = await administerInbox(
      {
        method,
        path: path.split('?')[0]?.split('/') ?? [],
        query: new Map(new URLSearchParams(path.split('?')[1])),
        body: Buffer.from(body ? JSON.stringify(body) : ''),
        who: 'arn:ada',
      },
      ports,
    );
    return {
      status: answer.status,
      ...(JSON.parse(answer.body ?? '{}') as { results: Released[]; next: string | null }),
    };
  }
  return {
    ...gateway,
    inbox,
    audits,
    ask,
    receive: async (delivery: Delivery) => {
      const receipt = await gateway.receive(delivery);
      await keep(delivery, receipt);
      return receipt;
    },
    /** The provider signs with a new secret, which comes here an hour later. */
    mend: () => {
      clock.advance(HOUR_MS);
      secretStore.rotate('scalekit', NEW_SECRET, clock.now());
      return secrets.refreshAfterMismatch('scalekit');
    },
  };
}

/** Signed with what is not the secret here yet. */
const signedAnew = (n: number, at = NOON) => ({
  ...scalekitDelivery({ id: `msg_${n}`, body: USER_CREATED.replace('evt_1', `evt_${n}`), key: NEW_KEY, at }),
  receivedAt: at,
});

const ids = ({ results }: { results: readonly Released[] }) => results.map(({ outcome, key }) => `${key} ${outcome}`);

test('what was rejected for a secret that we did not have yet is let in once we have it, each once and under its own id', async () => {
  const { receive, ask, mend, inbox, queue, store, audits } = world();
  for (let n = 1; n <= 3; n++) {
    expect(await receive(signedAnew(n))).toEqual({ receipt: 'rejected', reason: 'wrong-secret-or-changed-body' });
  }
  await mend();

  const released = await ask('POST', 'inbox/scalekit/release', { reason: 'rotated at Scalekit first' });
  expect(ids(released)).toEqual(['msg_1 accepted', 'msg_2 accepted', 'msg_3 accepted']);
  expect(released.next).toBeNull();
  expect(queue.sent.map(({ route }) => route)).toEqual(['user-created', 'user-created', 'user-created']);
  expect(inbox.objects.size).toBe(0);
  // It is new here when it is let in: who looks for what was accepted lately finds it.
  expect(await store.get('scalekit#msg_1')).toMatchObject({ status: 'RECEIVED', receivedAt: NOON + HOUR_MS });
  expect(audits[0]).toEqual({
    who: 'arn:ada',
    why: 'rotated at Scalekit first',
    source: 'scalekit',
    id: '20261122T0800Z-10',
    outcome: 'accepted',
    key: 'scalekit#msg_1',
    cameAt: '2026-11-22T08:00:00.000Z',
  });
  expect(ids(await ask('POST', 'inbox/scalekit/release'))).toEqual([]);
});

test('it is verified as of its receipt: the provider’s five minutes have passed long ago', async () => {
  const { receive, ask, mend, clock } = world();
  await receive(signedAnew(1));
  await mend();
  clock.advance(2 * 24 * HOUR_MS);
  expect(await receive({ ...signedAnew(2), receivedAt: clock.now() })).toMatchObject({ reason: 'stale-timestamp' });
  expect(ids(await ask('POST', 'inbox/scalekit/release'))).toEqual(['msg_1 accepted']);
});

test('what the provider has sent again meanwhile is a duplicate, and leaves the inbox', async () => {
  const { receive, ask, mend, clock, inbox, store } = world();
  await receive(signedAnew(1));
  await mend();
  await receive(signedAnew(1, clock.now()));
  const record = await store.get('scalekit#msg_1');
  if (!record) throw new Error('no record');
  const claim = { owner: 'o', leaseUntil: clock.now() + 1, now: clock.now(), sentAt: 0, hop: 'main' } as const;
  await store.claim({ ...record, ...claim, route: 'scalekit/user-created' });
  expect(ids(await ask('POST', 'inbox/scalekit/release'))).toEqual(['msg_1 duplicate']);
  expect(inbox.objects.size).toBe(0);
});

test('what is still wrong stays and says why; it is tried again when it is asked for again', async () => {
  const { receive, ask, mend, inbox, audits } = world();
  await receive(scalekitDelivery({ id: 'msg_f', key: Buffer.from('a forger’s') }));
  await receive(signedAnew(1));
  await mend();
  const { results } = await ask('POST', 'inbox/scalekit/release');
  expect(results).toEqual([
    { id: '20261122T0800Z-10', outcome: 'kept', reason: 'wrong-secret-or-changed-body', key: null },
    { id: '20261122T0800Z-11', outcome: 'accepted', reason: null, key: 'msg_1' },
  ]);
  expect([...inbox.objects.keys()]).toEqual(['scalekit/20261122T0800Z-10']);
  expect(audits).toHaveLength(2);
  expect(ids(await ask('POST', 'inbox/scalekit/release'))).toEqual(['null kept']);
});

test('a dry run says what would be, and changes nothing', async () => {
  const { receive, ask, mend, inbox, queue, audits } = world();
  await receive(scalekitDelivery({ id: 'msg_f', key: Buffer.from('a forger’s') }));
  await receive(signedAnew(1));
  await mend();
  expect(ids(await ask('POST', 'inbox/scalekit/release', { dryRun: true }))).toEqual(['null kept', 'msg_1 verified']);
  expect([inbox.objects.size, queue.sent.length, audits.length]).toEqual([2, 0, 0]);
});

test('one of them can be let in by itself', async () => {
  const { receive, ask, mend, inbox } = world();
  for (let n = 1; n <= 2; n++) await receive(signedAnew(n));
  await mend();
  expect(ids(await ask('POST', 'inbox/scalekit/release', { id: '20261122T0800Z-11' }))).toEqual(['msg_2 accepted']);
  expect([...inbox.objects.keys()]).toEqual(['scalekit/20261122T0800Z-10']);
  expect(await ask('POST', 'inbox/scalekit/release', { id: '20261122T0800Z-11' })).toMatchObject({ status: 404 });
});

test('what was put in between a crash and its removal is let in once: the second time it is a duplicate', async () => {
  const { receive, ask, mend, inbox, store, clock } = world();
  await receive(signedAnew(1));
  const before = new Map(inbox.objects);
  await mend();
  expect(ids(await ask('POST', 'inbox/scalekit/release'))).toEqual(['msg_1 accepted']);
  const record = await store.get('scalekit#msg_1');
  if (!record) throw new Error('no record');
  const claim = { owner: 'o', leaseUntil: clock.now() + 1, now: clock.now(), sentAt: 0, hop: 'main' } as const;
  await store.claim({ ...record, ...claim, route: 'scalekit/user-created' });
  for (const [name, bytes] of before) inbox.objects.set(name, bytes);
  expect(ids(await ask('POST', 'inbox/scalekit/release'))).toEqual(['msg_1 duplicate']);
});

test('when the record can not be written it stays, and the request fails', async () => {
  const { receive, ask, mend, inbox, store } = world();
  await receive(signedAnew(1));
  await mend();
  jest.spyOn(store, 'putRecord').mockRejectedValueOnce(new Error('DynamoDB is down'));
  await expect(ask('POST', 'inbox/scalekit/release')).rejects.toThrow('DynamoDB is down');
  expect(inbox.objects.size).toBe(1);
  expect(ids(await ask('POST', 'inbox/scalekit/release'))).toEqual(['msg_1 accepted']);
});

test('many minutes come in pages of whole minutes, in the order in which they came', async () => {
  const { receive, ask, mend, clock } = world();
  let n = 0;
  for (let minute = 0; minute < 5; minute++) {
    for (let i = 0; i < 15; i++) {
      await receive(signedAnew(++n, clock.now()));
      clock.advance(1_000);
    }
    clock.advance(45_000);
  }
  await mend();
  const keys: (string | null)[] = [];
  const pages: number[] = [];
  let next: string | null | undefined;
  do {
    const page = await ask('POST', 'inbox/scalekit/release', next ? { next } : {});
    pages.push(page.results.length);
    keys.push(...page.results.map(({ key }) => key));
    next = page.next;
  } while (next !== null);
  expect(pages).toEqual([30, 30, 15]);
  expect(keys).toEqual(Array.from({ length: 75 }, (_, at) => `msg_${at + 1}`));
});

test('after three days it counts no more, also while S3 still has it', async () => {
  const { receive, ask, mend, clock, inbox } = world();
  await receive(signedAnew(1));
  await mend();
  clock.advance(3 * 24 * HOUR_MS);
  expect(ids(await ask('POST', 'inbox/scalekit/release'))).toEqual([]);
  const id = '20261122T0800Z-10';
  expect(await ask('POST', 'inbox/scalekit/release', { id })).toMatchObject({ status: 404 });
  expect(await ask('GET', `inbox/scalekit/${id}`)).toMatchObject({ status: 404 });
  expect(await ask('GET', 'inbox/scalekit')).toMatchObject({ entries: [] });
  expect(inbox.objects.size).toBe(1);
});

test('an address that may not call any more is not let in by the inbox', async () => {
  const open = { cidrs: ['203.0.113.0/24'] };
  const { receive, ask, mend, endpoints } = world({ allow: open });
  await receive(signedAnew(1));
  await mend();
  const endpoint = endpoints.get('scalekit');
  if (!endpoint) throw new Error('no endpoint');
  endpoints.set('scalekit', { ...endpoint, allows: () => false });
  expect((await ask('POST', 'inbox/scalekit/release')).results).toEqual([
    { id: '20261122T0800Z-10', outcome: 'kept', reason: 'address-not-allowed', key: null },
  ]);
});

test('while the secret can not be read nothing is let in, and it says so', async () => {
  const { receive, ask, clock, secretStore, inbox } = world();
  await receive(signedAnew(1));
  secretStore.down = true;
  clock.advance(25 * HOUR_MS);
  expect(await ask('POST', 'inbox/scalekit/release')).toMatchObject({
    status: 503,
    detail: 'The secret of source scalekit can not be read now.',
  });
  expect(inbox.objects.size).toBe(1);
});

describe('an explanation', () => {
  test('says why it was rejected and what the scheme says now, and shows no secret, signature or body', async () => {
    const { receive, ask, mend } = world();
    const reprinted = JSON.stringify(JSON.parse(USER_CREATED), null, 2);
    const signed = scalekitDelivery({ id: 'msg_r', key: NEW_KEY });
    await receive({ ...signed, body: Buffer.from(reprinted) });
    await mend();
    const answer: unknown = await ask('GET', 'inbox/scalekit/20261122T0800Z-10');
    expect(answer).toEqual({
      status: 200,
      id: '20261122T0800Z-10',
      receivedAt: '2026-11-22T08:00:00.000Z',
      address: '203.0.113.7',
      bodyBytes: Buffer.byteLength(reprinted),
      rejectedFor: 'wrong-secret-or-changed-body',
      verdict: 'rejected',
      reason: 'body-reencoded',
      reencoding: 'json-reprinted',
      ageSeconds: 0,
      secrets: 2,
    } satisfies InboxExplanation & { status: number });
    const text = JSON.stringify(answer);
    const signature = signed.headers.get('webhook-signature')?.[0]?.slice(3) ?? '';
    for (const hidden of [NEW_SECRET.slice(6), SCALEKIT_SECRET.slice(6), signature, 'ada@example.com'])
      expect(text).not.toContain(hidden);
  });

  test('of what verifies now says so', async () => {
    const { receive, ask, mend } = world();
    await receive(signedAnew(1));
    await mend();
    expect(await ask('GET', 'inbox/scalekit/20261122T0800Z-10')).toMatchObject({ verdict: 'verified', reason: null });
  });

  test.each(['20261122T0800Z-11', '../scalekit/x', 'x'])('of %s, which is not there, is 404', async (id) => {
    expect(await world().ask('GET', `inbox/scalekit/${id}`)).toMatchObject({ status: 404, field: 'id' });
  });
});

test('a list shows ids, minutes and sizes, and goes on where the page before ended', async () => {
  const { receive, ask } = world();
  for (let n = 1; n <= 3; n++) await receive(signedAnew(n));
  const first = await ask('GET', 'inbox/scalekit?limit=2');
  expect(first).toMatchObject({
    source: 'scalekit',
    entries: [
      { id: '20261122T0800Z-10', minute: '2026-11-22T08:00:00.000Z' },
      { id: '20261122T0800Z-11', minute: '2026-11-22T08:00:00.000Z' },
    ],
    next: '20261122T0800Z-11',
  });
  expect(await ask('GET', `inbox/scalekit?limit=2&next=${first.next}`)).toMatchObject({
    entries: [{ id: '20261122T0800Z-12' }],
    next: null,
  });
});

test('the answers are as the admin API’s document has them', async () => {
  const { receive, ask, mend } = world();
  for (let n = 1; n <= 2; n++) await receive(signedAnew(n));
  await mend();
  const answers = {
    Inbox: await ask('GET', 'inbox/scalekit'),
    InboxExplanation: await ask('GET', 'inbox/scalekit/20261122T0800Z-10'),
    InboxReleased: await ask('POST', 'inbox/scalekit/release'),
  };
  for (const [name, { status, ...body }] of Object.entries(answers)) {
    const schema = SCHEMAS[name as keyof typeof answers] as unknown as Parameters<typeof z.fromJSONSchema>[0];
    expect({ name, status, ...z.fromJSONSchema(schema).safeParse(body) }).toMatchObject({
      name,
      status: 200,
      success: true,
    });
  }
});

test('a source without an inbox has none', async () => {
  expect(await world().ask('GET', 'inbox/stripe')).toMatchObject({ status: 404, field: 'source' });
});
