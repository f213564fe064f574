import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { masked } from '../../cli/lab.ts';
import { hookgate } from './process.ts';

/** 2026-01-02T03:04:05Z */
const TIME = 1767323045;
const BODY = '{"id":"evt_1","type":"invoice.paid","amount":1.0}';
const SECRET = 'whsec_test_of_the_lab';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookgate-lab-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A delivery of Stripe as it is captured, with this body in place of the one that was signed. */
function stripe(body = BODY): string {
  const mac = createHmac('sha256', SECRET).update(`${TIME}.${BODY}`).digest('hex');
  return file('stripe.http', `POST https://example.com/hooks\nStripe-Signature: t=${TIME},v1=${mac}\n\n${body}`);
}

function verify(path: string, ...args: readonly string[]) {
  return hookgate(['verify', '--explain', path, '--secret', SECRET, ...args]);
}

test('a right delivery is verified, its provider told by its headers', async () => {
  const { code, stdout } = await verify(stripe(), '--at', String(TIME + 10));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^provider +stripe \(Stripe\)$/m);
  expect(stdout).toMatch(/^verdict +verified: invoice\.paid evt_1$/m);
  expect(stdout).toMatch(
    /^signed +timestamp: 1767323045\n +"\."\n +body: \{"id":"evt_1","type":"invoice\.paid","amount":1\.0\}$/m,
  );
});

test('a delivery that is only old is told from a wrong one', async () => {
  const { code, stdout } = await verify(stripe(), '--at', '2026-01-02T04:04:05Z');
  expect(code).toBe(1);
  expect(stdout).toContain('rejected: stale-timestamp');
  expect(stdout).toContain('Apart from its age it is right.');
  expect(stdout).toContain('(3600 s old)');
});

test('a body that was printed again on its way is recognised', async () => {
  const body = JSON.stringify({ a: [1, 2] }, undefined, 2);
  const mac = createHmac('sha256', 's3cret-s3cret').update('{"a":[1,2]}').digest('hex');
  const path = file('again.http', `POST / HTTP/1.1\nX-Inkress-Signature: ${mac}\n\n${body}`);
  const { stdout } = await hookgate(['verify', path, '--secret', 's3cret-s3cret']);
  expect(stdout).toContain('rejected: body-reencoded');
  expect(stdout).toContain('the JSON was parsed and printed again');
});

test('a token shows what binds it to the request', async () => {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ alg: 'HS256' })}.${encode({ iss: 'Upstash', sub: 'https://a.example/', exp: TIME + 60, body: 'x' })}`;
  const mac = createHmac('sha256', SECRET).update(input).digest('base64url');
  const path = file('qstash.http', `POST https://b.example/ HTTP/1.1\nUpstash-Signature: ${input}.${mac}\n\n\ufffd`);
  const { stdout } = await verify(path, '--provider', 'upstash-qstash', '--at', String(TIME));
  expect(stdout).toMatch(/^claim +iss: Upstash$/m);
  expect(stdout).toMatch(/^claim +sub: https:\/\/a\.example\/, expected https:\/\/b\.example\/$/m);
  expect(stdout).toContain('The body has U+FFFD');
});

test('what another secret signed shows what was expected, and never the secret', async () => {
  const path = stripe();
  const { stdout } = await hookgate(['verify', '--explain', path, '--secret', 'whsec_another', '--at', String(TIME)]);
  expect(stdout).toContain('rejected: wrong-secret-or-changed-body');
  const expected = createHmac('sha256', 'whsec_another').update(`${TIME}.${BODY}`).digest('hex');
  expect(stdout).toMatch(new RegExp(`^expected +${expected}$`, 'm'));
  expect(stdout).not.toContain('whsec_another');
});

test('a secret that stands in the body is not shown', async () => {
  const { stdout } = await verify(stripe(`{"secret":"${SECRET}"}`), '--at', String(TIME), '--json');
  expect(stdout).not.toContain(SECRET);
  expect(stdout).toContain('(secret)');
});

test('an unknown way of signing is guessed, as a declaration to paste', async () => {
  const mac = createHmac('sha256', SECRET).update(BODY).digest('base64');
  const path = file('acme.sh', `curl https://example.com/hooks -H 'X-Acme-Sign: ${mac}' --data-binary '${BODY}'`);
  const { code, stdout } = await hookgate(['verify', path, '--guess', '--secret', SECRET]);
  expect(code).toBe(0);
  expect(stdout).toContain('No declared provider verifies it.');
  expect(stdout).toContain("    signature: { in: header('x-acme-sign'), grammar: plain(), encoding: 'base64' },");
  expect(stdout).toContain('    content: [body],');
});

test('guessing names the declared providers first', async () => {
  const { stdout } = await verify(stripe(), '--guess', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ guess: { providers: expect.arrayContaining(['stripe']) as unknown } });
});

test.each([
  [['nowhere.http'], "nowhere.http can't be read (ENOENT)."],
  [['package.json'], 'package.json is neither HTTP text'],
])('what is no request is said in one sentence: %j', async (args, said) => {
  const ended = await hookgate(['verify', ...args, '--secret', 'a']);
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toContain(said);
});

test('headers that no provider signs with are said', async () => {
  const path = file('none.http', 'POST https://example.com/\nX-Any: 1\n\n{}');
  const ended = await hookgate(['verify', path, '--secret', 'a']);
  expect(ended).toMatchObject({ code: 2, stdout: '' });
  expect(ended.stderr).toContain('Name one with --provider, or try --guess.');
});

test('every line of a secret is masked, labelled or not', () => {
  expect(masked('key abcdef and sid AC12345', ['abcdef\naccount:AC12345'])).toBe('key (secret) and sid (secret)');
});
