import { execFileSync } from 'node:child_process';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeDeclaration } from '../../cli/declaration.ts';
import { type Guess, guess } from '../../cli/guess.ts';
import type { Delivery } from '../../lambdas/core/delivery.ts';
import { problemsOf } from '../../lambdas/core/scheme/check-declaration.ts';
import { providers } from '../../lambdas/providers/index.ts';

const NOW = 1_767_225_600_000;
const TIME = '1767225600';
const BODY = '{"id":"1","type":"order.created"}';
const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ZEROS = '0'.repeat(64);

type Headers = Readonly<Record<string, string>>;

function delivery(headers: Headers, body = BODY): Delivery {
  return {
    source: 'captured',
    method: 'POST',
    url: 'https://gateway.example.com/webhooks/main',
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: Buffer.from(body),
    sourceIp: '192.0.2.1',
    receivedAt: NOW,
  };
}

function mac(content: string, encoding: 'hex' | 'base64' = 'hex', key: string | Buffer = 's', hash = 'sha256'): string {
  return createHmac(hash, key).update(content).digest(encoding);
}

function jwt(claims: Readonly<Record<string, unknown>>): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', 's').update(input).digest('base64url')}`;
}

async function first(headers: Headers, secret: string, body = BODY): Promise<Guess['declarations'][number]> {
  const found = await guess(delivery(headers, body), ['another', secret], []);
  const [likeliest] = found.declarations;
  if (!likeliest) throw new Error('nothing was found');
  return likeliest;
}

test('a known provider’s, however old the capture', async () => {
  const signature = `sha256=${mac(`1600000000.{"type":"status_update"}`)}`;
  const headers = { 'x-skribby-timestamp': '1600000000', 'x-skribby-signature': signature };
  const found = await guess(delivery(headers, '{"type":"status_update"}'), ['wrong', 's'], providers.values());
  expect(found.providers.map(({ name }) => name)).toEqual(['skribby']);
});

test('nothing, when no secret fits', async () => {
  const found = await guess(delivery({ 'x-acme-signature': 'ab'.repeat(32) }), ['secret'], []);
  expect(found).toEqual({ providers: [], declarations: [] });
});

const key = Buffer.from(WHSEC.slice(6), 'base64');
const named = `msg_1.${TIME}.${BODY}`;
const swHeaders = (signature: string): Headers => ({
  'acme-id': 'msg_1',
  'acme-timestamp': TIME,
  'acme-signature': signature,
});
const ed25519 = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = { format: 'pem', type: 'spki' } as const;
const raw = ed25519.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);

/** What it was signed like, the headers, the secret, and the lines of the scheme that say so. */
const CASES: readonly (readonly [string, Headers, string, readonly string[]])[] = [
  [
    'Standard Webhooks under another name',
    swHeaders(`v1,${mac(named, 'base64', key)}`),
    WHSEC,
    [
      "key: base64Key('whsec_'),",
      "content: [header('acme-id'), '.', timestamp, '.', body],",
      "signature: { in: header('acme-signature'), grammar: versioned(' ', 'v1,'), encoding: 'base64' },",
    ],
  ],
  [
    'Standard Webhooks during a rotation',
    swHeaders(`v1,${'A'.repeat(43)}= v1,${mac(named, 'base64', key)}`),
    WHSEC,
    ["grammar: versioned(' ', 'v1,')"],
  ],
  [
    'a list of names and values during a rotation',
    { 'x-acme': `t=${TIME},v1=${ZEROS},v1=${mac(`${TIME}.${BODY}`)}` },
    's',
    ["grammar: kv(',', 'v1')", "timestamp: { in: sigParam('t'), unit: 's' },"],
  ],
  [
    'the right one of them first',
    { 'x-acme': `t=${TIME},v1=${mac(`${TIME}.${BODY}`)},v1=${ZEROS}` },
    's',
    ["content: [timestamp, '.', body],"],
  ],
  [
    'a scheme of HTTP before it',
    { authorization: `HMAC ${mac(BODY, 'base64', Buffer.from('c2VjcmV0', 'base64'))}` },
    'c2VjcmV0',
    ["grammar: plain('HMAC ')", "key: base64Key('whsec_'),"],
  ],
  ['a prefix in capitals', { 'x-sig': `SHA256=${mac(BODY)}` }, 's', ["grammar: plain('SHA256=')"]],
  [
    'a time and signatures in a row',
    { 'acme-signature': `${TIME},${ZEROS},${mac(`${TIME}.${BODY}`)}` },
    's',
    ["grammar: positional(',')", "in: sigParam('t')"],
  ],
  ['signatures in a row', { 'x-sig': `${ZEROS},${mac(BODY)}` }, 's', ["grammar: list(',')"]],
  [
    'a digest of the secret and the body',
    { 'x-sig': createHash('sha256').update(`s${BODY}`).digest('hex') },
    's',
    ["algorithm: 'sha256',", 'content: [secret, body],'],
  ],
  ['HMAC-SHA512', { 'x-sig': mac(BODY, 'hex', 's', 'sha512') }, 's', ["algorithm: 'hmac-sha512',"]],
  ['a key in hexadecimal', { 'x-sig': mac(BODY, 'hex', Buffer.from('aabbccdd', 'hex')) }, 'aabbccdd', ['key: hexKey,']],
  [
    'Ed25519',
    { 'x-sig': sign(null, Buffer.from(`${TIME}${BODY}`), ed25519.privateKey).toString('hex'), 'x-time': TIME },
    raw.toString('hex'),
    ["algorithm: 'ed25519',", "key: { key: 'ed25519', text: 'hex' },", 'content: [timestamp, body],'],
  ],
  [
    'RSA',
    { 'x-sig': sign('sha256', Buffer.from(BODY), rsa.privateKey).toString('base64') },
    rsa.publicKey.export(pem) as string,
    ["algorithm: 'rsa-sha256',", "key: { key: 'public', type: 'rsa' },"],
  ],
  [
    'ECDSA',
    { 'x-sig': sign('sha256', Buffer.from(BODY), ec.privateKey).toString('base64') },
    ec.publicKey.export(pem) as string,
    ["algorithm: 'ecdsa-p256-sha256',"],
  ],
  [
    'a token with the hash of the body',
    {
      authorization: `Bearer ${jwt({ iss: 'acme', exp: 1_767_225_700, sum: createHash('sha256').update(BODY).digest('hex') })}`,
    },
    's',
    [
      "token: { in: header('authorization'), prefix: 'Bearer ' },",
      "hashed: { sum: { of: body, encoding: 'hex' } },",
      "equal: { iss: 'acme' },",
    ],
  ],
  ['a name that could end its text', { "x-it's": mac(BODY) }, 's', ['in: header("x-it\'s")']],
  [
    'the URL alone',
    { 'x-sig': mac('https://gateway.example.com/webhooks/main') },
    's',
    ['content: [url],', "body: 'a captured request has it so: write why, or find what is signed'"],
  ],
];

test.each(CASES)('%s is recognised', async (_, headers, secret, lines) => {
  const text = writeDeclaration(await first(headers, secret));
  for (const line of lines) expect(text).toContain(line);
});

test('a signature inside the body signs what stands beside it', async () => {
  const signed = JSON.stringify({ proof: { time: TIME, token: 'abc', sig: mac(`${TIME}abc`) }, event: 'opened' });
  const text = writeDeclaration(await first({}, 's', signed));
  expect(text).toContain("content: [json('/proof/time'), json('/proof/token')],");
  expect(text).toContain("signature: { in: json('/proof/sig'), grammar: plain(), encoding: 'hex' },");
  expect(text).toContain("type: [json('/event')],");
});

test('what is printed is a whole file, which loads and makes sense', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookgate-guess-'));
  try {
    const declared = await Promise.all(CASES.map(([, headers, secret]) => first(headers, secret)));
    for (const [index, provider] of declared.entries()) {
      const text = writeDeclaration(provider).replaceAll("'../core/", `'${resolve('lambdas/core')}/`);
      writeFileSync(join(folder, `mine${index}.ts`), text);
    }
    const files = declared.map((_, index) => `import('./mine${index}.ts')`).join(', ');
    const main = `for (const { mine } of await Promise.all([${files}])) console.log(JSON.stringify(mine));`;
    writeFileSync(join(folder, 'main.mts'), main);
    const loaded = execFileSync(process.execPath, [join(folder, 'main.mts')], { encoding: 'utf8' });
    expect(
      loaded
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(declared);
    expect(declared.flatMap(problemsOf)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
