import * as sdk from '@aws-sdk/client-s3';
import { CREDENTIALS, TestServices } from './services.ts';

const services = new TestServices();
afterAll(() => services.end());

test('an object of any bytes is read back as it was written, also after a crash', async () => {
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
  let s3 = new sdk.S3Client({ ...CREDENTIALS, endpoint: (await services.start()).s3 });
  await s3.send(new sdk.CreateBucketCommand({ Bucket: 'payloads' }));
  await s3.send(new sdk.PutObjectCommand({ Bucket: 'payloads', Key: 'a/b', Body: bytes }));
  s3 = new sdk.S3Client({ ...CREDENTIALS, endpoint: (await services.restart()).s3 });
  const { Body } = await s3.send(new sdk.GetObjectCommand({ Bucket: 'payloads', Key: 'a/b' }));
  expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true);
});
