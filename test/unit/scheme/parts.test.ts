import { createHmac, createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto';
import { parseForm, parseMultipart, sortedFields } from '../../../lambdas/core/scheme/form.ts';
import { hmac } from '../../../lambdas/core/scheme/hmac.ts';
import { atPointer, parseJson, scalarText } from '../../../lambdas/core/scheme/json.ts';
import { base64Key, decodeSecrets, hexKey, utf8 } from '../../../lambdas/core/scheme/key.ts';
import { decodeStrict } from '../../../lambdas/core/scheme/text.ts';
import { readTime } from '../../../lambdas/core/scheme/timestamp.ts';
import fc from '../../support/property.ts';

describe('HMAC in two one-shot hashes', () => {
  test('RFC 4231, case 2', () => {
    const bytes = Buffer.from('Jefe');
    const key = { index: 0, key: createSecretKey(bytes), bytes };
    expect(hmac('sha256', key, ['what do ya want ', Buffer.from('for nothing?')], 'hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  test('refuses a key without bytes, under which anybody could sign', () => {
    const key = createPublicKey(generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }));
    expect(() => hmac('sha256', { index: 0, key, bytes: Buffer.alloc(0) }, ['short'], 'hex')).toThrow(
      'without a secret',
    );
  });

  test('is Node’s own HMAC for every key, content and hash', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary', maxLength: 300 }),
            fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
          ),
          { maxLength: 4 },
        ),
        fc.constantFrom('sha1' as const, 'sha256' as const, 'sha512' as const),
        fc.constantFrom(0, 40_000),
        (secretBytes, pieces, algorithm, extra) => {
          const bytes = Buffer.from(secretBytes);
          const key = { index: 0, key: createSecretKey(bytes), bytes };
          const content = [...pieces, Buffer.alloc(extra, 'x')];
          const expected = createHmac(algorithm, bytes);
          for (const piece of content) expected.update(piece);
          expect(hmac(algorithm, key, content, 'base64')).toBe(expected.digest('base64'));
        },
      ),
    );
  });
});

describe('texts of bytes', () => {
  test.each([
    ['ab', 'hex', 'ab'],
    ['AB', 'hex', 'ab'],
    ['abz', 'hex', undefined],
    ['abzz', 'hex', undefined],
    ['', 'hex', undefined],
    ['YQ==', 'base64', '61'],
    ['YQ', 'base64', undefined],
    ['YR==', 'base64', undefined],
    ['YQ==zz', 'base64', undefined],
    ['_-8', 'base64url', 'ffef'],
    ['/+8', 'base64url', undefined],
  ] as const)('%j as %s is %s', (text, encoding, expected) => {
    expect(decodeStrict(text, encoding)?.toString('hex')).toBe(expected);
  });
});

describe('times', () => {
  test.each([
    ['1767225600', 's', 1767225600000],
    ['176722560', 's', undefined],
    ['0767225600', 's', undefined],
    ['1767225600\n', 's', undefined],
    ['１７６７２２５６００', 's', undefined],
    ['1767225600000', 'ms', 1767225600000],
    ['1767225600', 'ms', undefined],
    ['2026-01-01T00:00:00Z', 'iso8601', 1767225600000],
    ['2025-12-31T17:00:00-07:00', 'iso8601', 1767225600000],
    ['2026-01-01T00:00:00.123456789Z', 'iso8601', 1767225600123],
    ['2026-01-01T00:00:00', 'iso8601', 1767225600000],
    ['2026-13-01T00:00:00Z', 'iso8601', undefined],
    ['yesterday', 'iso8601', undefined],
  ] as const)('%j in %s is %s', (text, unit, expected) => {
    expect(readTime(text, unit)).toBe(expected);
  });
});

describe('JSON of strangers', () => {
  test('nesting beyond 64 levels is refused, a million levels as well', () => {
    expect(parseJson(Buffer.from(`${'['.repeat(64)}${']'.repeat(64)}`))).toHaveProperty('value');
    expect(parseJson(Buffer.from(`${'['.repeat(65)}${']'.repeat(65)}`))).toEqual({ problem: 'too-deep' });
    expect(parseJson(Buffer.from(`${'[{"a":'.repeat(500_000)}1${'}]'.repeat(500_000)}`))).toEqual({
      problem: 'too-deep',
    });
  });

  test('__proto__ and constructor are names like any other', () => {
    const parsed = parseJson(Buffer.from('{"__proto__":{"type":"x"},"a":{}}'));
    const value = 'value' in parsed ? parsed.value : undefined;
    expect(atPointer(value, ['type'])).toBeUndefined();
    expect(atPointer(value, ['a', 'constructor', 'name'])).toBeUndefined();
    expect(atPointer(value, ['__proto__', 'type'])).toBe('x');
    expect(({} as { type?: string }).type).toBeUndefined();
  });

  test('a number that JavaScript cannot hold exactly is no id', () => {
    expect(scalarText(JSON.parse('9007199254740993'))).toBeUndefined();
    expect(scalarText(42)).toBe('42');
  });
});

describe('forms', () => {
  test('are sorted by key, values without repeats', () => {
    expect(sortedFields(parseForm('Z=2&Z=1&Z=2&A=x+y&a=%2B'))).toBe('Ax yZ1Z2a+');
  });

  test('of several parts give their fields and leave out files', () => {
    const text =
      '--b\r\nContent-Disposition: form-data; name="json"\r\n\r\n{"a":1}\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nzz\r\n--b--\r\n';
    const fields = parseMultipart(Buffer.from(text), 'multipart/form-data; boundary=b');
    expect([...fields]).toEqual([['json', ['{"a":1}']]]);
  });

  test('whatever is in them, reading them ends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (bytes, type) => {
        expect(parseMultipart(Buffer.from(bytes), `multipart/form-data; boundary=${type}`)).toBeInstanceOf(Map);
        expect(parseForm(Buffer.from(bytes).toString())).toBeInstanceOf(Map);
      }),
    );
  });
});

describe('secrets', () => {
  test('unusable ones are left out and the others keep their places', () => {
    const set = decodeSecrets(['', 'whsec_', 'whsec_!!', 'whsec_c2VjcmV0'], base64Key('whsec_'), []);
    expect(set.usable).toBe(1);
    expect(set.keys.map(({ index, bytes }) => [index, bytes.toString()])).toEqual([[3, 'secret']]);
  });

  test.each([
    ['text', utf8, '\0\0'],
    ['base64', base64Key('whsec_'), 'whsec_AAAA'],
    ['hexadecimal digits', hexKey, '0000'],
  ])('a key of zeros, written as %s, is none: HMAC fills the empty key up to it', (_, encoding, secret) => {
    expect(decodeSecrets([secret], encoding, []).keys).toEqual([]);
  });

  test('labelled lines are settings, only where the provider has such labels', () => {
    const labelled = decodeSecrets(['key\napiKey:abc'], utf8, ['apiKey']);
    expect(labelled.keys.map(({ bytes }) => bytes.toString())).toEqual(['key']);
    expect(labelled.settings.get('apiKey')).toEqual(['abc']);
    expect(decodeSecrets(['key\napiKey:abc'], utf8, []).keys[0]?.bytes.toString()).toBe('key\napiKey:abc');
  });
});
