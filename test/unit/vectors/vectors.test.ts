import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readVectors } from '../../../cli/vectors.ts';

const BODY = '{"id":"evt_1","event_type":"payment.success"}';
const RIGHT = createHmac('sha256', 'secret').update(BODY).digest('hex');

function vector(id: string, gateway: string, signature: string, provider = 'inkress'): Record<string, unknown> {
  return {
    id,
    provider,
    description: 'a vector of this test',
    method: 'POST',
    url: 'https://gateway.example.com/in/inkress',
    headers: { 'X-Inkress-Signature': signature },
    bodyBase64: Buffer.from(BODY).toString('base64'),
    secrets: ['secret'],
    nowUnixSeconds: 1767225600,
    gateway,
  };
}

function run(content: unknown, ...args: readonly string[]): { status: number | null; lines: readonly string[] } {
  const file = join(mkdtempSync(join(tmpdir(), 'vectors-')), 'vectors.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const { status, stdout } = spawnSync(process.execPath, ['bin/vectors.ts', file, ...args], { encoding: 'utf8' });
  return { status, lines: stdout.trimEnd().split('\n') };
}

test('right verdicts pass, the others are listed with ours, and the counts come last', () => {
  const { status, lines } = run([
    vector('a', 'must-accept', RIGHT),
    vector('b', 'must-reject', '0'.repeat(64)),
    vector('c', 'either', RIGHT.toUpperCase()),
    vector('d', 'should-reject', `${RIGHT}zz`),
  ]);
  expect(lines).toEqual([
    'either        c: accepted (verified, type payment.success)  (a vector of this test)',
    'should-reject d: rejected: malformed-signature  (a vector of this test)',
    '2 passed, 0 failed',
  ]);
  expect(status).toBe(0);
});

test('a wrong verdict and an unknown provider fail', () => {
  const { status, lines } = run([
    vector('a', 'must-reject', RIGHT),
    vector('b', 'must-accept', '00'),
    vector('c', 'must-accept', RIGHT, 'nobody'),
  ]);
  expect(lines.at(-1)).toBe('0 passed, 3 failed');
  expect(lines.filter((line) => line.startsWith('FAILED'))).toHaveLength(3);
  expect(status).toBe(1);
});

test('--provider takes some of them', () => {
  const vectors = [vector('a', 'must-accept', RIGHT), vector('b', 'must-accept', '00', 'github')];
  expect(run(vectors, '--provider', 'inkress').lines.at(-1)).toBe('1 passed, 0 failed');
  expect(run(vectors, '--provider', 'nobody').status).toBe(2);
});

test('an entry that is broken is one failure, and the others are judged', () => {
  const broken = [
    { ...vector('b', 'must-reject', '00'), secrets: [null] },
    { ...vector('c', 'must-reject', '00'), headers: { 'X-Inkress-Signature': 1 } },
    7,
  ];
  const { status, lines } = run([vector('a', 'must-accept', RIGHT), ...broken]);
  expect(lines).toEqual([
    'FAILED        b: is no vector',
    'FAILED        c: is no vector',
    'FAILED        entry 3: is no vector',
    '1 passed, 3 failed',
  ]);
  expect(status).toBe(1);
});

test('what is signed and then answered 400 is not accepted', () => {
  const body = '{"id":"evt_1"}';
  const signature = createHmac('sha256', 'secret').update(body).digest('hex');
  const untyped = { ...vector('a', 'must-reject', signature), bodyBase64: Buffer.from(body).toString('base64') };
  expect(run([untyped]).lines).toEqual(['1 passed, 0 failed']);
});

test('the topic of an Amazon SNS message is the message’s own where no header repeats it', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const fields = {
    Message: 'hello',
    MessageId: 'id-1',
    Timestamp: '2026-01-01T00:00:00.000Z',
    TopicArn: 'arn:aws:sns:eu-west-1:123456789012:orders',
    Type: 'Notification',
  };
  const text = Object.entries(fields).map(([name, value]) => `${name}\n${value}\n`);
  const message = {
    ...fields,
    SignatureVersion: '2',
    Signature: sign('sha256', Buffer.from(text.join('')), privateKey).toString('base64'),
    SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem',
  };
  const sent = {
    ...vector('a', 'must-accept', '', 'aws-sns'),
    bodyBase64: Buffer.from(JSON.stringify(message)).toString('base64'),
    secrets: [publicKey.export({ format: 'pem', type: 'spki' })],
  };
  expect(run([sent]).lines.at(-1)).toBe('1 passed, 0 failed');
});

test.each(['{', '{}', '[1]', '[{"id":"a"}]'])('the file %j is none of vectors', (content) => {
  expect(run(content).status).toBe(2);
  expect(readVectors(content)).toHaveProperty('problem');
});

test('without a file it says how to call it', () => {
  expect(() => execFileSync(process.execPath, ['bin/vectors.ts'], { stdio: 'pipe' })).toThrow('Usage: npm run vectors');
});
