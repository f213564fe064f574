import { createHmac } from 'node:crypto';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import type { Verdict } from '../../../lambdas/core/verdict.ts';
import { providers } from '../../../lambdas/providers/index.ts';
import { sampleKeys } from '../../support/keys.ts';
import fc from '../../support/property.ts';

const NOW = 1_767_225_600_000;

interface Request {
  readonly method?: string;
  readonly search?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function verify(name: string, request: Request, secrets: readonly string[]): Verdict {
  const verdict = verifyAny(name, request, secrets);
  if (verdict instanceof Promise) throw new Error('not at once');
  return verdict;
}

function verifyAny(name: string, request: Request, secrets: readonly string[]): Verdict | Promise<Verdict> {
  const provider = providers.get(name);
  if (!provider) throw new Error(name);
  const delivery: Delivery = {
    source: 'main',
    method: request.method ?? 'GET',
    url: `https://gateway.example.com/webhooks/main${request.search ?? ''}`,
    headers: new Map(Object.entries(request.headers ?? {}).map(([header, value]) => [header, [value]])),
    body: Buffer.from(request.body ?? ''),
    sourceIp: '192.0.2.1',
    receivedAt: NOW,
  };
  const verifier = compile(provider);
  return verifier.verify(delivery, verifier.secrets(secrets), NOW);
}

const answer = (status: number, body?: string): unknown => ({
  outcome: 'handshake',
  answer: expect.objectContaining(body === undefined ? { status } : { status, body }) as unknown,
});

test('Meta: the challenge is repeated to whoever knows the verify token', () => {
  const ask = (token: string): Verdict =>
    verify('meta', { search: `?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444` }, [
      's\nverifyToken:abc',
    ]);
  expect(ask('abc')).toEqual(answer(200, '1158201444'));
  expect(ask('abd').outcome).toBe('rejected');
});

test('X: a token is signed, a text that could be a body is not', () => {
  const ask = (token: string): Verdict =>
    verify('x-twitter', { search: `?crc_token=${encodeURIComponent(token)}` }, ['secret']);
  const mac = createHmac('sha256', 'secret').update('token-1').digest('base64');
  expect(ask('token-1')).toEqual(answer(200, `{"response_token":"sha256=${mac}"}`));
  expect(ask('{"for_user_id":"1"}').outcome).toBe('rejected');
});

test.each([
  ['dropbox', '?challenge=abc_123', {}, '', 'abc_123'],
  ['nylas', '?challenge=abc_123', {}, '', 'abc_123'],
  ['okta', '', { 'x-okta-verification-challenge': 'abc_123' }, '', '{"verification":"abc_123"}'],
  [
    'braintree',
    '?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53',
    {},
    '',
    'pub|d9b899556c966b3f06945ec21311865d35df3ce4',
  ],
])('%s: its challenge is answered', (name, search, headers, body, expected) => {
  const verdict = verify(name, { search, headers, body }, ['integration_private_key\npublic:pub']);
  expect(verdict).toEqual(answer(200, expected));
});

test.each([
  ['dropbox', '?challenge=%3Cscript%3E'],
  ['nylas', '?challenge='],
  ['braintree', '?bt_challenge=PG5vdGlmaWNhdGlvbj4'],
  ['braintree', '?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53%0A'],
])('%s: %s is no challenge', (name, search) => {
  expect(verify(name, { search }, ['integration_private_key\npublic:pub']).outcome).toBe('rejected');
});

test('Microsoft Graph: the validation token is repeated as plain text', () => {
  const search = '?validationToken=Validation%3A%20Testing%20client%20application';
  const verdict = verify('microsoft-graph', { method: 'POST', search }, ['state']);
  expect(verdict).toEqual(answer(200, 'Validation: Testing client application'));
  expect(verdict).toMatchObject({ answer: { headers: { 'x-content-type-options': 'nosniff' } } });
});

test('monday: its challenge is repeated, and nothing else of a request', () => {
  const ask = (body: string): Verdict => verify('monday', { method: 'POST', body }, ['secret']);
  expect(ask('{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}')).toEqual(
    answer(200, '{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}'),
  );
  expect(ask('{"challenge":"x","event":{"type":"create_pulse"}}').outcome).toBe('rejected');
});

test.each(['intercom', 'trello'])('%s: its HEAD request at set-up is answered', (name) => {
  expect(verify(name, { method: 'HEAD' }, ['secret'])).toEqual(answer(200));
});

describe('secrets that come in band', () => {
  test('Asana: offered and repeated while there is none, refused afterwards', () => {
    const request = { method: 'POST', headers: { 'x-hook-secret': 'b537207f20cbfa02357cf448134da559' } };
    expect(verify('asana', request, [])).toMatchObject({
      outcome: 'handshake',
      offered: 'b537207f20cbfa02357cf448134da559',
      answer: { status: 200, headers: { 'x-hook-secret': 'b537207f20cbfa02357cf448134da559' } },
    });
    expect(verify('asana', request, ['kept'])).toEqual({ outcome: 'rejected', reason: 'missing-signature' });
  });

  test('Notion: offered while there is none, refused afterwards', () => {
    const request = {
      method: 'POST',
      body: '{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}',
    };
    expect(verify('notion', request, [])).toMatchObject({
      outcome: 'handshake',
      offered: expect.stringMatching(/^secret_/) as unknown,
    });
    expect(verify('notion', request, ['kept']).outcome).toBe('rejected');
  });
});

describe('handshakes that the provider signs', () => {
  const zoom = (body: string, key = 'secret'): Verdict => {
    const mac = createHmac('sha256', key).update(`v0:1767225600:${body}`).digest('hex');
    const headers = { 'x-zm-request-timestamp': '1767225600', 'x-zm-signature': `v0=${mac}` };
    return verify('zoom', { method: 'POST', headers, body }, ['secret']);
  };
  const ask = '{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}';

  test('Zoom: the token is encrypted for Zoom', () => {
    const mac = createHmac('sha256', 'secret').update('qgg8vlvZRS6UYooatFL8Aw').digest('hex');
    expect(zoom(ask)).toEqual(answer(200, `{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"${mac}"}`));
  });

  test('Zoom: not for a stranger, and not a text that could be signed content', () => {
    expect(zoom(ask, 'other')).toEqual({ outcome: 'rejected', reason: 'wrong-secret-or-changed-body' });
    expect(zoom(ask.replace('qgg8vlvZRS6UYooatFL8Aw', 'v0:1767225600:{}'))).not.toMatchObject({ outcome: 'handshake' });
  });

  test('Slack: the challenge of a signed url_verification is repeated', () => {
    const body = '{"type":"url_verification","challenge":"3eZbrw1aBm"}';
    const mac = createHmac('sha256', 'secret').update(`v0:1767225600:${body}`).digest('hex');
    const headers = { 'x-slack-request-timestamp': '1767225600', 'x-slack-signature': `v0=${mac}` };
    expect(verify('slack', { method: 'POST', headers, body }, ['secret'])).toEqual(
      answer(200, '{"challenge":"3eZbrw1aBm"}'),
    );
    expect(verify('slack', { method: 'POST', body }, ['secret'])).toEqual({
      outcome: 'rejected',
      reason: 'missing-signature',
    });
  });

  test('Slack: its look at the certificate is answered, and no event is taken for one', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const ask = (body: string, more: Readonly<Record<string, string>> = headers): Verdict =>
      verify('slack', { method: 'POST', headers: more, body }, ['secret']);
    expect(ask('ssl_check=1&token=Gb9wxk3xFNVjhvf2C5pcCh0k')).toEqual({
      outcome: 'handshake',
      answer: { status: 200, headers: {} },
    });
    for (const other of [
      'ssl_check=0',
      'ssl_check=1&ssl_check=1',
      'ssl_check=1&command=%2Fpay',
      'ssl_check=1&payload=x',
    ]) {
      expect(ask(other).outcome).toBe('rejected');
    }
    expect(
      ask('{"type":"event_callback","text":"a&ssl_check=1&b"}', { 'content-type': 'application/json' }).outcome,
    ).toBe('rejected');
  });

  test('Twitch: the challenge of a signed verification is repeated as text', () => {
    const body = '{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{"type":"channel.follow"}}';
    const mac = createHmac('sha256', 'secret').update(`msg-1${'2026-01-01T00:00:00.123456789Z'}${body}`).digest('hex');
    const headers = {
      'twitch-eventsub-message-id': 'msg-1',
      'twitch-eventsub-message-timestamp': '2026-01-01T00:00:00.123456789Z',
      'twitch-eventsub-message-type': 'webhook_callback_verification',
      'twitch-eventsub-message-signature': `sha256=${mac}`,
    };
    expect(verify('twitch', { method: 'POST', headers, body }, ['secret'])).toEqual(
      answer(200, 'pogchamp-kappa-360noscope-vohiyo'),
    );
  });
});

test('no request makes any provider sign a text with a brace, a quote, a colon or a space in it', async () => {
  const greeting = [...providers.values()].filter(({ handshakes }) => handshakes?.some(({ signed }) => !signed));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...greeting),
      fc.string({ maxLength: 60 }),
      fc.constantFrom(...'{}": \n<'),
      async (provider, text, evil) => {
        const token = `${text}${evil}`;
        const search = `?${['challenge', 'challenge_code', 'crc_token', 'bt_challenge', 'hub.challenge'].map((name) => `${name}=${encodeURIComponent(token)}`).join('&')}`;
        const headers = { 'x-okta-verification-challenge': token };
        for (const method of ['GET', 'POST']) {
          const verdict = await verifyAny(provider.name, { method, search, headers, body: '' }, [
            sampleKeys(provider).verifying,
          ]);
          expect(verdict.outcome).not.toBe('handshake');
        }
      },
    ),
  );
});
