import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { Attempt, contentBytes, readContent } from '../../../lambdas/core/scheme/attempt.ts';
import { problemsOf } from '../../../lambdas/core/scheme/check-declaration.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import { type Grammar, kv, list, plain, positional, versioned } from '../../../lambdas/core/scheme/grammar.ts';
import { base64Key, decodeSecrets, hexKey, type KeyEncoding, utf8 } from '../../../lambdas/core/scheme/key.ts';
import {
  body,
  capture,
  form,
  header,
  json,
  lower,
  method,
  optional,
  type Part,
  query,
  secret,
  setting,
  sigParam,
  sortedForm,
  timestamp,
  url,
  urlAs,
} from '../../../lambdas/core/scheme/part.ts';
import type { Provider, Scheme, SignatureScheme } from '../../../lambdas/core/scheme/provider.ts';
import fc from '../../support/property.ts';

/** Whatever a declaration puts together and an operator stores: refused at load by name, or sound at every delivery. */
const NOW = 1_767_225_600_000;
const SECONDS = '1767225600';

const KEYS: readonly KeyEncoding[] = [
  utf8,
  { key: 'utf8', normalize: 'NFKD' },
  base64Key(),
  base64Key('whsec_'),
  hexKey,
  { key: 'sha1' },
  { key: 'ed25519', text: 'hex' },
  { key: 'ed25519', text: 'base64', prefix: 'whpk_' },
  { key: 'public', type: 'rsa' },
  { key: 'public', type: 'ec' },
  { key: 'fetched' },
];

const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const PUBLIC = [
  ed25519.toString('hex'),
  `whpk_${ed25519.toString('base64')}`,
  rsa.export({ format: 'pem', type: 'spki' }) as string,
  ec.export({ format: 'der', type: 'spki' }).toString('base64'),
];

const secretText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.base64String({ maxLength: 80 }),
  fc.constantFrom(
    '',
    '\0',
    'AAAA',
    '00',
    'whsec_',
    'whpk_',
    '\n',
    'apiKey:',
    'apiKey:x',
    'whsec_c2VjcmV0',
    'ab'.repeat(32),
    ...PUBLIC,
  ),
);

test('whatever is stored, under every encoding: a key has bytes or is a public one, and nothing is thrown', () => {
  fc.assert(
    fc.property(
      fc.array(secretText, { maxLength: 20 }),
      fc.constantFrom(...KEYS),
      fc.boolean(),
      (texts, key, labels) => {
        const { keys, usable } = decodeSecrets(texts, key, labels ? ['apiKey'] : []);
        for (const { index, bytes, key: object } of keys) {
          expect(index).toBeLessThan(texts.length);
          expect(object.type === 'public' ? bytes.length === 0 : bytes.some((byte) => byte !== 0)).toBe(true);
        }
        if (key.key !== 'fetched') expect(usable).toBe(keys.length);
      },
    ),
    { numRuns: 500 },
  );
});

const part = fc.constantFrom<Part>(
  body,
  timestamp,
  method,
  url,
  urlAs('normal', 'with-port', 'query-escaped'),
  secret,
  sortedForm,
  '.',
  'v0:',
  header('x-id'),
  header('x-absent'),
  sigParam('t'),
  query('q'),
  form('a'),
  json('/id'),
  lower(query('q')),
  capture(header('x-id'), /^([a-z]{1,8})/),
  optional('id:', query('absent'), ';'),
  setting('apiKey'),
  { slot: 'claim', name: 'jti' },
);
const grammar = fc.constantFrom<Grammar>(
  plain(),
  plain('sha256='),
  kv(',', 'v1'),
  kv(','),
  versioned(' ', 'v1,'),
  list(','),
  positional(','),
  { grammar: 'pairs', separator: '&', divider: '|', owner: setting('apiKey') },
);
const rule = fc.record({
  in: fc.constantFrom(header('x-time'), sigParam('t'), json('/time')),
  unit: fc.constantFrom('s' as const, 'ms' as const, 'digits' as const),
  past: fc.constantFrom(300, 0, NaN, Infinity),
});
const contents = fc.array(part, { maxLength: 5 });

const signature = fc
  .record({
    algorithm: fc.constantFrom(
      'hmac-sha1' as const,
      'hmac-sha256' as const,
      'hmac-sha512' as const,
      'sha1' as const,
      'sha256' as const,
      'ed25519' as const,
      'ecdsa-p256-sha256' as const,
      'rsa-sha256' as const,
    ),
    key: fc.constantFrom(...KEYS),
    content: contents,
    alternatives: fc.option(fc.array(contents, { maxLength: 2 })),
    place: fc.constantFrom<SignatureScheme['signature']['in']>(
      header('x-sig'),
      { place: 'any', of: [] },
      { place: 'any', of: [header('x-absent'), header('x-sig')] },
      { place: 'numbered', prefix: 'x-sig-', max: 3 },
    ),
    grammar,
    encoding: fc.constantFrom('hex' as const, 'base64' as const, 'base64url' as const),
    rule: fc.option(rule),
  })
  .map(({ alternatives, place, grammar: written, encoding, rule: time, ...rest }): SignatureScheme => ({
    ...rest,
    ...(alternatives && { alternatives }),
    signature: { in: place, grammar: written, encoding },
    ...(time && { timestamp: time }),
  }));

const token = fc.record({
  algorithm: fc.constantFrom('HS256' as const, 'HS512' as const, 'ES256' as const, 'RS256' as const),
  key: fc.constantFrom(...KEYS),
  token: fc.constant({ in: header('x-sig') }),
  hashed: fc.constantFrom({}, { sha256: { of: body, encoding: 'hex' as const } }),
  equal: fc.constantFrom({}, { iss: 'acme' }),
  leewaySeconds: fc.constantFrom(0, NaN),
});

function providerOf(scheme: Scheme): Provider {
  const declared: Provider = {
    name: 'any',
    title: 'Any',
    scheme,
    id: [],
    type: ['event'],
    redelivers: true,
    acknowledge: { status: 200 },
    settings: { apiKey: 'any' },
    sources: ['a test'],
  };
  const uncovered = problemsOf(declared).some((problem) => problem.includes('cover the body'));
  return uncovered ? { ...declared, unsigned: { body: 'nobody knows' } } : declared;
}

const BODY = `{"id":"a","time":${SECONDS}}`;

function delivery(signed: string): Delivery {
  return {
    source: 'main',
    method: 'POST',
    url: 'https://example.com/hook?q=Q',
    headers: new Map([
      ['x-sig', [signed]],
      ['x-sig-1', [signed]],
      ['x-id', ['abc']],
      ['x-time', [SECONDS]],
    ]),
    body: Buffer.from(BODY),
    sourceIp: '192.0.2.1',
    receivedAt: NOW,
  };
}

/** What somebody without any key would write: the signature under the empty key, in every grammar. */
function forgeries(scheme: Scheme): readonly string[] {
  if (!('content' in scheme)) {
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: 'acme', sha256: createHash('sha256').update(BODY).digest('hex') };
    const input = `${encode({ alg: scheme.algorithm })}.${encode(claims)}`;
    return ['', 'AAAA', createHmac('sha256', '').update(input).digest('base64url')].map((mac) => `${input}.${mac}`);
  }
  const attempt = new Attempt(delivery(''), undefined, new Map([['apiKey', ['x']]]));
  attempt.timestamp = SECONDS;
  attempt.params = new Map([['t', SECONDS]]);
  return [scheme.content, ...(scheme.alternatives ?? [])].flatMap((parts) => {
    const content = readContent(parts, attempt);
    if (!Array.isArray(content)) return [];
    const bytes = contentBytes(content as (string | Buffer)[]);
    const hash = /sha(1|256|512)/.exec(scheme.algorithm)?.[0] ?? 'sha256';
    const keyless = scheme.algorithm.startsWith('sha') ? createHash(hash) : createHmac(hash, '');
    const mac = keyless.update(bytes).digest(scheme.signature.encoding);
    return [mac, `sha256=${mac}`, `t=${SECONDS},v1=${mac}`, `v1,${mac}`, `${SECONDS},${mac}`, `x|${mac}`];
  });
}

test('whatever is declared is refused at load by name, or takes no forgery and throws at none', async () => {
  let loaded = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 4, arbitrary: signature }, token), secretText, async (scheme, text) => {
      const provider = providerOf(scheme);
      if (problemsOf(provider).length > 0) {
        expect(() => compile(provider)).toThrow('Provider any: ');
        return;
      }
      loaded += 1;
      const verifier = compile(provider);
      const secrets = verifier.secrets([`${text}\napiKey:x`, text, ...PUBLIC.map((key) => `${key}\napiKey:x`)]);
      for (const forged of ['', ', ', 'AAAA', ...forgeries(scheme)]) {
        const { outcome } = await verifier.verify(delivery(forged), secrets, NOW);
        expect(outcome).toBe('rejected');
      }
    }),
    { numRuns: 2000 },
  );
  // Some seventy of them, whichever are drawn: enough that the rest of this test runs.
  expect(loaded).toBeGreaterThan(20);
});
