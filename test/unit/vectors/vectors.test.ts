import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
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

test.each(['{', '{}', '[1]', '[{"id":"a"}]'])('the file %j is none of vectors', (content) => {
  expect(run(content).status).toBe(2);
  expect(readVectors(content)).toHaveProperty('problem');
});

test('without a file it says how to call it', () => {
  expect(() => execFileSync(process.execPath, ['bin/vectors.ts'], { stdio: 'pipe' })).toThrow('Usage: npm run vectors');
});
