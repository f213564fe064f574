import { createHash, createHmac } from 'node:crypto';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import type { Verdict } from '../../../lambdas/core/verdict.ts';
import { providers } from '../../../lambdas/providers/index.ts';

/** What the providers' own SDKs accept and refuse. Signatures in full were made by those SDKs, or published with them. */
const NOW = 1_767_225_600;

interface Request {
  readonly url?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly secrets: readonly string[];
  readonly now?: number;
}

async function verify(name: string, request: Request): Promise<Verdict> {
  const provider = providers.get(name);
  if (!provider) throw new Error(name);
  const now = (request.now ?? NOW) * 1000;
  const delivery: Delivery = {
    source: 'main',
    method: request.method ?? 'POST',
    url: request.url ?? 'https://gateway.example.com/webhooks/main',
    headers: new Map(Object.entries(request.headers ?? {}).map(([header, value]) => [header, [value]])),
    body: Buffer.from(request.body ?? ''),
    sourceIp: '192.0.2.1',
    receivedAt: now,
  };
  const verifier = compile(provider);
  return verifier.verify(delivery, verifier.secrets(request.secrets), now);
}

const rejected = (reason: string): unknown => ({ outcome: 'rejected', reason });

test('Twitch: its ids are base64, padding and all', async () => {
  const id = 'k1SWN3SGe2BeNYxkD_cjR4maZ99PDRDd6Zx48W9t5qw=';
  const verdict = await verify('twitch', {
    headers: {
      'twitch-eventsub-message-id': id,
      'twitch-eventsub-message-timestamp': '2026-01-01T00:00:00.248783123Z',
      'twitch-eventsub-message-signature': 'sha256=a195551c32a5b1bc42d6cb4ffa207fe3e6ae21eaeb5a7c1453f82e6e5a054aba',
    },
    body: '{"subscription":{"type":"channel.follow","id":"x"}}',
    secrets: ['s3cret'],
  });
  expect(verdict).toMatchObject({ outcome: 'verified', event: { id, dedupKey: id } });
});

describe('Standard Webhooks: ids', () => {
  const signed = (id: string): Promise<Verdict> => {
    const mac = createHmac('sha256', 'a key of twenty-four byte').update(`${id}.${NOW}.{"type":"t"}`).digest('base64');
    return verify('standard-webhooks', {
      headers: { 'webhook-id': id, 'webhook-timestamp': String(NOW), 'webhook-signature': `v1,${mac}` },
      body: '{"type":"t"}',
      secrets: [`whsec_${Buffer.from('a key of twenty-four byte').toString('base64')}`],
    });
  };

  test.each(['urn:acme:42', 'a+b/c==', '~1_2-3'])('%s is one', async (id) => {
    expect(await signed(id)).toMatchObject({ outcome: 'verified', event: { dedupKey: id } });
  });

  test.each(['a.b', '.', 'a b', 'a#b', 'ä', 'x'.repeat(257)])(
    '%j is none: it could be parted otherwise',
    async (id) => {
      expect(await signed(id)).toEqual(rejected('malformed-id'));
    },
  );
});

describe('Twilio: the writings of one URL', () => {
  const form = (url: string, signature: string): Promise<Verdict> => {
    const headers = { 'x-twilio-signature': signature, 'content-type': 'application/x-www-form-urlencoded' };
    return verify('twilio', { url, headers, body: 'CallSid=CA1&To=%2B1', secrets: ['12345'] });
  };

  test.each([
    ['a port added behind a login', 'https://user:pass@mycompany.com/myapp.php', 'rMpES+yZR4I+xNCfZymEzoYnQgg='],
    [
      'a port taken away behind a login',
      'https://user:pass@mycompany.com:443/myapp.php',
      'fdv/2XuMqa4bT7g99RZK8peZ8LI=',
    ],
    ['a port added to an IPv6 address', 'https://[::1]/x', 'tuhH8HzoPATZNJewWkKL/thjPRk='],
    ['a port taken away from an IPv6 address', 'https://[::1]:8443/x', '+a2Em5jmSTQdxqdO2k4JJ5n2IA0='],
    ['a port of its own taken away', 'https://mycompany.com:1234/x?a=1', '44AXvAQL8aD1FL5okeBjC0uPDiw='],
    ['a path where there is none', 'https://mycompany.com', 'k5oPpoa0INsx8Ya2nuZ3ao5kqCo='],
    ['the host in lower case', 'https://MyCompany.com/X', 'm7Ms0FO5HLNLnTMXG7AH6Z6fi1Q='],
    ['an escaped apostrophe', "https://mycompany.com/x?Body=It's+amazing", 'te5RWGHztVAjQFRAbyXospaxrDU='],
    ['an escaped space', "https://mycompany.com/x?Body=It's+amazing", 'Gx9AGZiSgI1lAJyF52dq8h1otm8='],
    ['escaped colons and commas', 'https://mycompany.com/x?a=:1,2', '71bhxYf5SDlbSz57ylQjsJehucs='],
  ])('%s', async (_, url, signature) => {
    expect((await form(url, signature)).outcome).toBe('verified');
  });

  test.each([
    ['another port', 'https://mycompany.com/x', 'iMthmWCP/v2qZkNI2FCTYSO07gY='],
    ['another scheme', 'https://mycompany.com/x', 'k+iXHCcH6jmxEMwwhFQBLf2kHP8='],
    ['another order of the query', 'https://mycompany.com/x?a=1&b=2', 'KlAI7tfRxvA29/ek8E4EVURp190='],
  ])('%s is another URL', async (_, url, signature) => {
    expect(await form(url, signature)).toEqual(rejected('wrong-secret-or-changed-body'));
  });

  test('with a JSON body as well', async () => {
    const hash = '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862';
    const verdict = await verify('twilio-json', {
      url: `https://user:p@mycompany.com/x?bodySHA256=${hash}`,
      headers: { 'x-twilio-signature': 'u2YeT8z+I8SzX/PZjinGmF04GVM=' },
      body: '{"a":1}',
      secrets: ['12345'],
    });
    expect(verdict.outcome).toBe('verified');
  });
});

describe('MessageBird: entries of its webhook-signature-jwt-reference.json', () => {
  const CLAIMS =
    'eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwLCJqdGkiOiI1OWEyNDRkYy1lOWFkLTRlMjMtOTc3OC0zNzFmYWEyMzhmNzIiLCJ1cmxfaGFzaCI6IjBmMTE1ZGIwNjJiN2MwZGQwMzBiMTY4NzhjOTlkZWE1YzM1NGI0OWRjMzdiMzhlYjg4NDYxNzljNzc4M2U5ZDcifQ';
  const HS256 = `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.${CLAIMS}.6Fp0rVOsRr1fj9S2GidXAfkmPVofKr8_RTffC6G6r2E`;
  const HS384 = `eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.${CLAIMS}.KNMW-29X77lZeuPmThmHWc_RUAvTkaDkpxIZK6mqE08v8mWKiU9Edh4QXwAJO2nv`;
  const HS512 = `eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.${CLAIMS}.rd6r0iMyNGnVPCwurETphE3Y8rpAyvvnUK0S8WvGUkt2E1QSRAZ7NZJZBHw1Y_Wb5W-sK9HJr_PRL2vz4jRT3Q`;
  const NONE = `eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.${CLAIMS}.`;
  const check = (token: string, body = ''): Promise<Verdict> =>
    verify('messagebird', {
      url: 'https://example.com/',
      headers: { 'messagebird-signature-jwt': token },
      body,
      secrets: ['36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb'],
      now: Date.parse('2021-07-05T12:00:00+02:00') / 1000,
    });

  test.each([HS256, HS384, HS512])('%.40s… is verified', async (token) => {
    expect(await check(token)).toMatchObject({ outcome: 'verified', event: { type: 'message' } });
  });

  test('an algorithm outside its list is refused, and a signature under another of the list', async () => {
    expect(await check(NONE)).toEqual(rejected('malformed-signature'));
    const relabelled = HS256.replace(/^[^.]+/, HS384.split('.')[0] ?? '');
    expect(await check(relabelled)).toEqual(rejected('wrong-secret-or-changed-body'));
  });

  test('a payload added on its way is refused', async () => {
    expect(await check(HS256, 'Hello, World!')).toEqual(rejected('wrong-secret-or-changed-body'));
  });
});

function jwt(claims: Readonly<Record<string, unknown>>, secret: string): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

describe('Upstash QStash', () => {
  const BODY = '{"hello":"world"}';
  const check = (change: Readonly<Record<string, unknown>>, body = BODY): Promise<Verdict> => {
    const hash = createHash('sha256').update(BODY).digest('base64url');
    const url = 'https://gateway.example.com/webhooks/main';
    const claims = { iss: 'Upstash', sub: url, exp: NOW + 300, nbf: NOW, iat: NOW, body: hash, ...change };
    return verify('upstash-qstash', {
      headers: { 'upstash-signature': jwt(claims, 'sig_1') },
      body,
      secrets: ['sig_1'],
    });
  };

  test('a token is good from its first second to before its last', async () => {
    expect((await check({})).outcome).toBe('verified');
    expect(await check({ exp: NOW })).toEqual(rejected('stale-timestamp'));
    expect(await check({ nbf: NOW + 1 })).toEqual(rejected('future-timestamp'));
  });

  test('nbf may be left out, exp may not', async () => {
    expect((await check({ nbf: undefined })).outcome).toBe('verified');
    expect(await check({ exp: undefined })).toEqual(rejected('malformed-signature'));
  });

  test('a token without the body’s hash proves no body, not even an empty one', async () => {
    expect(await check({ body: undefined }, '')).toEqual(rejected('wrong-secret-or-changed-body'));
  });
});

test('LiveKit: a token of another use under the same key proves no webhook, not even an empty one', async () => {
  const participant = jwt({ iss: 'API1', sub: 'ann', exp: NOW + 300, video: { roomJoin: true } }, 'livekit-secret');
  const secrets = ['livekit-secret\napiKey:API1'];
  expect(await verify('livekit', { headers: { authorization: participant }, secrets })).toEqual(
    rejected('wrong-secret-or-changed-body'),
  );
  const endless = jwt({ iss: 'API1', sha256: createHash('sha256').update('{}').digest('base64') }, 'livekit-secret');
  expect(await verify('livekit', { headers: { authorization: endless }, body: '{}', secrets })).toEqual(
    rejected('malformed-signature'),
  );
});

describe('Braintree', () => {
  const PAYLOAD = `${Buffer.from('<notification><kind>check</kind></notification>').toString('base64')}\n`;
  const check = (payload: string, secrets = ['priv\npublic:pub']): Promise<Verdict> => {
    const key = createHash('sha1').update('priv').digest();
    const bt_signature = `pub|${createHmac('sha1', key).update(payload).digest('hex')}`;
    const body = new URLSearchParams({ bt_signature, bt_payload: payload }).toString();
    return verify('braintree', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body, secrets });
  };

  test('a payload is base64 in lines', async () => {
    expect(await check(PAYLOAD)).toMatchObject({ outcome: 'verified', event: { type: 'check' } });
  });

  test.each(['', `${PAYLOAD}~`, ` ${PAYLOAD}`, 'ab-_', 'YWJj\r\n'])(
    '%j is none, however well signed',
    async (payload) => {
      expect(await check(payload)).toEqual(rejected('malformed-signature'));
    },
  );

  test('the private key counts to its last byte, wherever the public key is kept', async () => {
    expect((await check(PAYLOAD, ['priv', 'public:pub'])).outcome).toBe('verified');
    expect((await check(PAYLOAD, ['priv\npublic:pub\n'])).outcome).toBe('verified');
    expect(await check(PAYLOAD, ['priv\n', 'public:pub'])).toEqual(rejected('wrong-secret-or-changed-body'));
  });
});

test.each([
  ['2026-01-01T00:01:00Z', 'verified'],
  ['2026-01-01T00:01:01Z', 'rejected'],
  ['2025-12-31T23:50:00Z', 'verified'],
  ['2025-12-31T23:49:59Z', 'rejected'],
])('Box: a delivery of %s is %s at midnight', async (time, outcome) => {
  const body = '{"id":"1","trigger":"FILE.UPLOADED"}';
  const headers = {
    'box-delivery-timestamp': time,
    'box-signature-version': '1',
    'box-signature-algorithm': 'HmacSHA256',
    'box-signature-primary': createHmac('sha256', 'primary').update(`${body}${time}`).digest('base64'),
  };
  expect((await verify('box', { headers, body, secrets: ['primary'] })).outcome).toBe(outcome);
});

test('Contentful: a list of signed headers that leaves out the scheme’s own is refused', async () => {
  const time = String(NOW * 1000);
  const list = 'x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic';
  const headers = {
    'x-contentful-timestamp': time,
    'x-contentful-topic': 't',
    'x-contentful-signature': createHmac('sha256', 'secret')
      .update(
        `POST\n/webhooks/main\nx-contentful-signed-headers:${list};x-contentful-timestamp:${time};x-contentful-topic:t\n{}`,
      )
      .digest('hex'),
  };
  const check = (names: string): Promise<Verdict> =>
    verify('contentful', {
      headers: { ...headers, 'x-contentful-signed-headers': names },
      body: '{}',
      secrets: ['secret'],
    });
  expect((await check(list)).outcome).toBe('verified');
  expect(await check('x-contentful-topic')).toEqual(rejected('malformed-signature'));
});
