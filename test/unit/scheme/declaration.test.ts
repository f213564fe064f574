import { problemsOf } from '../../../lambdas/core/scheme/check-declaration.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import { kv, plain } from '../../../lambdas/core/scheme/grammar.ts';
import { utf8 } from '../../../lambdas/core/scheme/key.ts';
import {
  body,
  capture,
  header,
  json,
  query,
  secret,
  setting,
  sigParam,
  timestamp,
  url,
  urlAs,
} from '../../../lambdas/core/scheme/part.ts';
import type { Provider } from '../../../lambdas/core/scheme/provider.ts';

describe('a declaration that makes no sense is named at load', () => {
  const sound: Provider = {
    name: 'sound',
    title: 'Sound',
    scheme: {
      algorithm: 'hmac-sha256',
      key: utf8,
      content: [timestamp, '.', body],
      signature: { in: header('x-sig'), grammar: kv(',', 'v1'), encoding: 'hex' },
      timestamp: { in: sigParam('t'), unit: 's' },
    },
    id: [json('/id')],
    type: [json('/type')],
    redelivers: true,
    acknowledge: { status: 200 },
    sources: ['its documentation'],
  };
  const scheme = { ...sound.scheme } as Extract<Provider['scheme'], { content: unknown; key: unknown }>;
  const { timestamp: _, ...timeless } = scheme;
  const bodyOnly = { ...timeless, content: [body] };
  const token = { algorithm: 'HS256', key: utf8, token: { in: header('x-jwt') }, leewaySeconds: 5 } as const;
  const ofBody = { sha256: { of: body, encoding: 'hex' } } as const;

  test('the sound one passes', () => {
    expect(problemsOf(sound)).toEqual([]);
  });

  test.each<[string, Partial<Provider>]>([
    ['the signature does not cover the body', { scheme: { ...scheme, content: [timestamp] } }],
    ['the signature does not cover the id', { scheme: bodyOnly, id: [header('x-id')] }],
    [
      'recognises duplicates by an id that anybody can change',
      { id: [header('x-id')], unsigned: { id: 'so' }, dedupe: 'id' },
    ],
    ['unsigned.body is set although', { unsigned: { body: 'no' } }],
    [
      'signs a timestamp that no rule reads',
      { scheme: { ...scheme, timestamp: undefined } as unknown as Provider['scheme'] },
    ],
    [
      'signs nothing of the request',
      { scheme: { ...scheme, content: ['constant'] }, unsigned: { body: 'b', id: 'i' } },
    ],
    ['anybody could compute it', { scheme: { ...scheme, algorithm: 'sha256' } }],
    ['the secret in its content as well', { scheme: { ...scheme, content: [secret, timestamp, body] } }],
    ['a past window of 0 s', { scheme: { ...scheme, timestamp: { in: sigParam('t'), unit: 's', past: 0 } } }],
    [
      'a future window of Infinity s',
      { scheme: { ...scheme, timestamp: { in: sigParam('t'), unit: 's', future: Infinity } } },
    ],
    ['hmac-sha256 under a key that is ed25519', { scheme: { ...scheme, key: { key: 'ed25519', text: 'hex' } } }],
    [
      'hmac-sha1 under a key that is public rsa',
      { scheme: { ...scheme, algorithm: 'hmac-sha1', key: { key: 'public', type: 'rsa' } } },
    ],
    [
      'sha256 under a key that is fetched',
      { scheme: { ...bodyOnly, algorithm: 'sha256', content: [secret, body], key: { key: 'fetched' } } },
    ],
    ['ed25519 under a key that is utf8', { scheme: { ...scheme, algorithm: 'ed25519' } }],
    [
      'rsa-sha256 under a key that is public ec',
      { scheme: { ...scheme, algorithm: 'rsa-sha256', key: { key: 'public', type: 'ec' } } },
    ],
    [
      'HS256 under a key that is public rsa',
      { scheme: { ...token, hashed: ofBody, key: { key: 'public', type: 'rsa' } } },
    ],
    [
      'token under a key that is ed25519',
      {
        scheme: { algorithm: 'token', key: { key: 'ed25519', text: 'hex' }, token: token.token },
        unsigned: { body: 'b', id: 'i' },
      },
    ],
    ['the signature does not cover the body', { scheme: { ...scheme, alternatives: [[timestamp]] } }],
    [
      'signs nothing of the request',
      { scheme: { ...scheme, alternatives: [['constant']] }, unsigned: { body: 'b', id: 'i' } },
    ],
    [
      'anybody could compute it',
      { scheme: { ...bodyOnly, algorithm: 'sha256', content: [secret, body], alternatives: [[body]] } },
    ],
    [
      'anybody could compute it',
      { scheme: { ...bodyOnly, algorithm: 'sha256', content: [secret, body], alternatives: [[body, secret]] } },
    ],
    [
      'uses the setting nobody without declaring it',
      { scheme: { ...scheme, alternatives: [[timestamp, body, setting('nobody')]] } },
    ],
    [
      'the signature does not cover the id',
      { scheme: { ...bodyOnly, content: [header('x-id'), body], alternatives: [[body]] }, id: [header('x-id')] },
    ],
    ['a timestamp that the signature does not cover', { scheme: { ...scheme, content: [body] } }],
    ['a timestamp that the signature does not cover', { scheme: { ...scheme, alternatives: [[body]] } }],
    [
      'a token that is bound to nothing',
      { scheme: { ...token, hashed: {}, equal: {} }, unsigned: { body: 'b', id: 'i' } },
    ],
    ['a leeway of NaN s', { scheme: { ...token, hashed: ofBody, leewaySeconds: NaN } }],
    ['a greatest age of Infinity s', { scheme: { ...token, hashed: ofBody, maxAgeSeconds: Infinity } }],
    ['which is no success', { acknowledge: { status: 500 } }],
    ['no place for the event type', { type: [] }],
    ['no source for its facts', { sources: [] }],
    ['not lower-case-with-dashes', { name: 'Not_Good' }],
    [
      'which may be anything',
      { handshakes: [{ method: 'GET', signed: false, when: [], answer: { status: 200, text: [header('x-echo')] } }] },
    ],
    [
      'anywhere instead of as a whole',
      {
        handshakes: [
          { method: 'GET', signed: false, when: [{ part: header('x'), matches: /a/ }], answer: { status: 200 } },
        ],
      },
    ],
    ['uses the setting public without declaring it', { id: [json('/id'), { slot: 'setting', name: 'public' }] }],
  ])('%s', (problem, change) => {
    const broken: Provider = { ...sound, ...change };
    expect(() => compile(broken)).toThrow(`Provider ${broken.name}: `);
    expect(problemsOf(broken).join()).toContain(problem);
  });

  test('what every alternative signs is covered, a URL in whichever writing', () => {
    const twoWays = { ...bodyOnly, content: [url, body], alternatives: [[urlAs('decoded'), body]] };
    expect(problemsOf({ ...sound, scheme: twoWays, id: [query('id')] })).toEqual([]);
  });

  test('a signed piece of a header makes neither the header nor another piece of it signed', () => {
    const first = capture(header('x-ids'), /^([a-z]{1,9}),/);
    const second = capture(header('x-ids'), /,([a-z]{1,9})$/);
    const signing = { ...bodyOnly, content: [first, body] };
    expect(problemsOf({ ...sound, scheme: signing, id: [first] })).toEqual([]);
    for (const id of [second, header('x-ids')]) {
      expect(problemsOf({ ...sound, scheme: signing, id: [id] }).join()).toContain('does not cover the id');
    }
  });

  test('a window that accepts nothing is refused', () => {
    expect(() => compile(sound, { windowSeconds: 0 })).toThrow('accepts nothing');
  });

  test('a prefix that is not there makes a signature malformed, not empty', () => {
    const provider: Provider = {
      ...sound,
      scheme: { ...bodyOnly, signature: { in: header('x-sig'), grammar: plain('v='), encoding: 'hex' } },
    };
    const verifier = compile(provider);
    const delivery = {
      source: 's',
      method: 'POST',
      url: '',
      headers: new Map([['x-sig', ['ab']]]),
      body: Buffer.from('{}'),
      sourceIp: '',
      receivedAt: 0,
    };
    expect(verifier.verify(delivery, verifier.secrets(['k']), 0)).toEqual({
      outcome: 'rejected',
      reason: 'malformed-signature',
    });
  });
});
