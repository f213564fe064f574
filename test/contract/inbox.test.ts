import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { s3Inbox } from '../../lambdas/adapters/s3-inbox.ts';
import type { Inbox } from '../../lambdas/core/inbox/inbox.ts';
import { CREDENTIALS, TestServices } from '../local/services.ts';
import { MemoryInbox } from '../support/memory/inbox.ts';

const BUCKET = 'payloads';
const services = new TestServices();
let endpoint: string;
let client: S3Client;

beforeAll(async () => {
  endpoint = (await services.start()).s3;
  client = new S3Client({ ...CREDENTIALS, endpoint });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  // A payload is in the same bucket.
  await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${'0'.repeat(64)}/x`, Body: 'payload' }));
});

afterAll(async () => {
  client?.destroy();
  await services.end();
});

const INBOXES: readonly (readonly [string, () => Inbox])[] = [
  ['S3', () => s3Inbox(BUCKET, { ...CREDENTIALS, endpoint, maxAttempts: 1 })],
  ['memory', () => new MemoryInbox()],
];

describe.each(INBOXES)('an inbox in %s', (_, make) => {
  const id = (place: number) => `20261122T0800Z-0${place}`;
  let inbox: Inbox;
  beforeAll(() => (inbox = make()));

  test('keeps the first of an id, bytes as they are, and refuses the second', async () => {
    const bytes = Buffer.from([0, 255, 13, 10]);
    expect(await inbox.keep('shop', id(2), bytes)).toBe(true);
    expect(await inbox.keep('shop', id(2), Buffer.from('another'))).toBe(false);
    expect(await inbox.read('shop', id(2))).toEqual(bytes);
  });

  test('of many at once one is kept', async () => {
    const kept = await Promise.all(
      Array.from({ length: 10 }, (__, at) => inbox.keep('race', id(0), Buffer.from(String(at)))),
    );
    expect(kept.filter((one) => one)).toHaveLength(1);
    expect(await inbox.read('race', id(0))).toEqual(Buffer.from(String(kept.indexOf(true))));
  });

  test('lists a source by id, beginning after one, and no other source', async () => {
    await inbox.keep('shop', id(3), Buffer.from('333'));
    await inbox.keep('shop', id(1), Buffer.from('1'));
    await inbox.keep('shop-too', id(1), Buffer.from('1'));
    expect(await inbox.list('shop', '', 10)).toEqual([
      { id: id(1), bytes: 1 },
      { id: id(2), bytes: 4 },
      { id: id(3), bytes: 3 },
    ]);
    expect(await inbox.list('shop', id(1), 1)).toEqual([{ id: id(2), bytes: 4 }]);
    expect(await inbox.list('nobody', '', 10)).toEqual([]);
  });

  test('has nothing under an id that was removed, and takes it anew', async () => {
    await inbox.remove('shop', id(2));
    await inbox.remove('shop', id(2));
    expect(await inbox.read('shop', id(2))).toBeUndefined();
    expect(await inbox.keep('shop', id(2), Buffer.from('2'))).toBe(true);
  });
});

test('a bucket that is not there is an error, and not a place that is taken', async () => {
  const inbox = s3Inbox('nowhere', { ...CREDENTIALS, endpoint, maxAttempts: 1 });
  await expect(inbox.keep('shop', '20261122T0800Z-00', Buffer.from('x'))).rejects.toThrow();
});
