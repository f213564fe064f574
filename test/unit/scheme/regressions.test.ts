import { createHmac } from 'node:crypto';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import type { Verdict } from '../../../lambdas/core/verdict.ts';
import { providers } from '../../../lambdas/providers/index.ts';

/**
 * The mistakes of the providers' own documents and SDKs, by the names they were given when they were found; those that
 * show after verification are in `test/unit/core/regressions.test.ts`. S-16, a sample that does not compile, shows nowhere.
 * Each test builds its request with plain node:crypto, so that it does not depend on what it tests.
 */
const NOW = 1_767_225_600;
const KEY = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const SECRET = `whsec_${KEY}`;
const SCALEKIT_BODY = '{"id":"evt_1","type":"organization.directory.user_created","organization_id":"org_1"}';
const INKRESS_SECRET = 'whsec_abc123xyz';
const INKRESS_BODY = '{"id":"evt_abc","event_type":"customer.created","data":{}}';
const SKRIBBY_BODY = '{"bot_id":"bot_1","type":"status_update"}';

type Headers = Readonly<Record<string, string | undefined>>;

function delivery(headers: Headers, body: string | Buffer): Delivery {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    source: 'main',
    method: 'POST',
    url: 'https://gateway.example.com/webhooks/main',
    headers: new Map(given.map(([name, value]) => [name, [value]])),
    body: Buffer.from(body),
    sourceIp: '192.0.2.1',
    receivedAt: NOW * 1000,
  };
}

function verify(name: string, headers: Headers, body: string | Buffer, secret: string): Verdict {
  const provider = providers.get(name);
  if (!provider) throw new Error(name);
  const verifier = compile(provider);
  const verdict = verifier.verify(delivery(headers, body), verifier.secrets([secret]), NOW * 1000);
  if (verdict instanceof Promise) throw new Error('not at once');
  return verdict;
}

function mac(key: string | Buffer, content: string | Buffer, encoding: 'hex' | 'base64'): string {
  return createHmac('sha256', key).update(content).digest(encoding);
}

function scalekitMac(content: string | Buffer): string {
  return mac(Buffer.from(KEY, 'base64'), content, 'base64');
}

function scalekit(change: Headers = {}, body: string | Buffer = SCALEKIT_BODY, secret = SECRET): Verdict {
  const content = Buffer.concat([Buffer.from(`msg_1.${String(NOW)}.`), Buffer.from(SCALEKIT_BODY)]);
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(NOW),
    'webhook-signature': `v1,${scalekitMac(content)}`,
    ...change,
  };
  return verify('scalekit', headers, body, secret);
}

function inkress(signature: string | undefined, body: string | Buffer = INKRESS_BODY): Verdict {
  return verify('inkress', { 'x-inkress-signature': signature }, body, INKRESS_SECRET);
}

function skribby(change: Headers = {}, time = String(NOW), body: string | Buffer = SKRIBBY_BODY): Verdict {
  const content = Buffer.concat([Buffer.from(`${time}.`), Buffer.from(body)]);
  const headers = {
    'x-skribby-timestamp': time,
    'x-skribby-webhook-id': '550e8400-e29b-41d4-a716-446655440000',
    'x-skribby-signature': `sha256=${mac('skribby-secret', content, 'hex')}`,
    ...change,
  };
  return verify('skribby', headers, body, 'skribby-secret');
}

function manual(header: string): Verdict {
  return verify('scalekit-doc-manual-t-v1', { 'webhook-signature': header }, SCALEKIT_BODY, 'test_secret_key');
}

const rejected = (reason: string): unknown => ({ outcome: 'rejected', reason });
const manualMac = mac('test_secret_key', `${String(NOW)}.${SCALEKIT_BODY}`, 'hex');

describe('Scalekit', () => {
  test('the right request is accepted, so that each refusal below has one cause', () => {
    expect(scalekit()).toMatchObject({
      outcome: 'verified',
      event: { id: 'evt_1', dedupKey: 'msg_1', orderKey: 'org_1' },
    });
  });

  test('S-1: of the four documented formats only the SDK’s is accepted', () => {
    const ofBody = `sha256=${mac(SECRET, SCALEKIT_BODY, 'hex')}`;
    expect(scalekit({ 'webhook-signature': undefined, 'x-scalekit-signature': ofBody })).toEqual(
      rejected('missing-signature'),
    );
    expect(scalekit({ 'webhook-signature': undefined, 'scalekit-signature': ofBody })).toEqual(
      rejected('missing-signature'),
    );
    expect(scalekit({ 'webhook-signature': ofBody })).toEqual(rejected('malformed-signature'));
  });

  test('S-2: the test generator’s t=,v1= inside webhook-signature is refused', () => {
    expect(scalekit({ 'webhook-signature': `t=${String(NOW)},v1=${manualMac}` })).toEqual(
      rejected('malformed-signature'),
    );
  });

  test('S-3: a signature over a parsed and stringified object is refused', () => {
    const ofObject = scalekitMac(`msg_1.${String(NOW)}.[object Object]`);
    expect(scalekit({ 'webhook-signature': `v1,${ofObject}` })).toEqual(rejected('wrong-secret-or-changed-body'));
  });

  test('S-4: what is refused has no event that could be used by mistake', () => {
    expect(scalekit({}, `${SCALEKIT_BODY} `)).not.toHaveProperty('event');
  });

  test('S-5: the bytes count, not the value they parse to', () => {
    const pretty = '{ "id": "evt_1", "type": "t", "price": 1.0, "big": 12345678901234567890, "e": "\\u00e9\\/" }\n';
    const ofPretty = `v1,${scalekitMac(`msg_1.${String(NOW)}.${pretty}`)}`;
    expect(scalekit({ 'webhook-signature': ofPretty }, pretty)).toMatchObject({ outcome: 'verified' });
    const printedAgain = JSON.stringify(JSON.parse(pretty));
    expect(scalekit({ 'webhook-signature': ofPretty }, printedAgain)).toEqual(rejected('wrong-secret-or-changed-body'));
  });

  test('S-6: a signature of another length or none at all is refused, not thrown at', () => {
    expect(scalekit({ 'webhook-signature': 'v1,AAAA' })).toEqual(rejected('malformed-signature'));
    expect(scalekit({ 'webhook-signature': undefined })).toEqual(rejected('missing-signature'));
    expect(scalekit({ 'webhook-id': undefined })).toEqual(rejected('missing-id'));
  });

  test('S-7: its address list says that it is no proof of who sends', () => {
    expect(providers.get('scalekit')?.unchecked?.join()).toContain('54.236.0.0/16 is shared by all tenants');
  });

  test('S-8: the age of the attempt counts, not the age of the event, and the future counts as well', () => {
    const old = '{"id":"evt_1","type":"t","occurred_at":"2020-01-01T00:00:00Z"}';
    const ofOld = `v1,${scalekitMac(`msg_1.${String(NOW)}.${old}`)}`;
    expect(scalekit({ 'webhook-signature': ofOld }, old)).toMatchObject({ outcome: 'verified' });
    const ahead = String(NOW + 301);
    const ofAhead = `v1,${scalekitMac(`msg_1.${ahead}.${SCALEKIT_BODY}`)}`;
    expect(scalekit({ 'webhook-timestamp': ahead, 'webhook-signature': ofAhead })).toEqual(
      rejected('future-timestamp'),
    );
  });

  test.each(['abc', '', ' 1767225600', '1767225600abc', '0x69563a00', '1e9', 'NaN', '-1767225600'])(
    'S-10: the timestamp %j is refused although it is signed',
    (time) => {
      const signature = `v1,${scalekitMac(`msg_1.${time}.${SCALEKIT_BODY}`)}`;
      const verdict = scalekit({ 'webhook-timestamp': time, 'webhook-signature': signature });
      expect(verdict).toEqual(rejected(time === '' ? 'missing-timestamp' : 'malformed-timestamp'));
    },
  );

  test('S-10: a missing timestamp is refused', () => {
    expect(scalekit({ 'webhook-timestamp': undefined })).toEqual(rejected('missing-timestamp'));
  });

  test('S-11: the manual format without t= or v1= is refused, not thrown at', () => {
    expect(manual(`v1=${manualMac}`)).toEqual(rejected('missing-timestamp'));
    expect(manual(`t=${String(NOW)}`)).toEqual(rejected('malformed-signature'));
  });

  test('S-11: a space after the comma and a second v1= are understood', () => {
    expect(manual(`t=${String(NOW)}, v1=${manualMac}`)).toMatchObject({ outcome: 'verified' });
    expect(manual(`t=${String(NOW)},v1=${'0'.repeat(64)},v1=${manualMac}`)).toMatchObject({ outcome: 'verified' });
  });

  test('S-11: hexadecimal digits with junk behind them are refused', () => {
    expect(manual(`t=${String(NOW)},v1=${manualMac}zz`)).toEqual(rejected('malformed-signature'));
  });

  test('S-13, S-14: a delivery is acknowledged with 201, and retries are expected', () => {
    expect(providers.get('scalekit')).toMatchObject({ acknowledge: { status: 201 }, redelivers: true });
  });

  test('S-15: an event without an id of its own is known by the signed header', () => {
    const bare = '{"type":"organization.created","data":{"organization":{"id":"org_7"}}}';
    const signature = `v1,${scalekitMac(`msg_1.${String(NOW)}.${bare}`)}`;
    const event = { id: 'msg_1', dedupKey: 'msg_1', orderKey: 'org_7' };
    expect(scalekit({ 'webhook-signature': signature }, bare)).toMatchObject({ outcome: 'verified', event });
  });

  test('S-18: a broken entry before the right one does not hide it', () => {
    const right = scalekitMac(`msg_1.${String(NOW)}.${SCALEKIT_BODY}`);
    expect(scalekit({ 'webhook-signature': `v1,AAAA v2,x v1 v1,${right}` })).toMatchObject({ outcome: 'verified' });
  });

  test('S-19: a secret that is only its prefix verifies nothing', () => {
    const ofNothing = `v1,${mac('', `msg_1.${String(NOW)}.${SCALEKIT_BODY}`, 'base64')}`;
    expect(scalekit({ 'webhook-signature': ofNothing }, SCALEKIT_BODY, 'whsec_')).toEqual(rejected('no-usable-secret'));
  });

  test('S-20: a secret with an underscore in it is refused, never cut there', () => {
    const cut = `v1,${mac(Buffer.from('AAAA', 'base64'), `msg_1.${String(NOW)}.${SCALEKIT_BODY}`, 'base64')}`;
    const verdict = scalekit({ 'webhook-signature': cut }, SCALEKIT_BODY, 'whsec_AAAA_BBBB');
    expect(verdict).toEqual(rejected('no-usable-secret'));
  });

  test('S-22: base64 without its padding or with junk behind it is refused', () => {
    const right = scalekitMac(`msg_1.${String(NOW)}.${SCALEKIT_BODY}`);
    expect(scalekit({ 'webhook-signature': `v1,${right.slice(0, -1)}` })).toEqual(rejected('malformed-signature'));
    expect(scalekit({ 'webhook-signature': `v1,${right}zz` })).toEqual(rejected('malformed-signature'));
  });
});

describe('Inkress', () => {
  const right = mac(INKRESS_SECRET, INKRESS_BODY, 'hex');

  test('I-1: the bytes are hashed, not the text that they decode to', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"id":"e","event_type":"t","x":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    expect(inkress(mac(INKRESS_SECRET, bytes, 'hex'), bytes)).toMatchObject({ outcome: 'verified' });
    const ofText = mac(INKRESS_SECRET, bytes.toString('utf8'), 'hex');
    expect(inkress(ofText, bytes)).toEqual(rejected('wrong-secret-or-changed-body'));
    const withMark = `\ufeff${INKRESS_BODY}`;
    expect(inkress(right, withMark)).toEqual(rejected('wrong-secret-or-changed-body'));
  });

  test('I-2: junk behind the digits is refused; capitals mean the same digits', () => {
    expect(inkress(`${right}zz`)).toEqual(rejected('malformed-signature'));
    expect(inkress(right.toUpperCase())).toMatchObject({ outcome: 'verified' });
  });

  test('I-3: no signature is refused, not thrown at', () => {
    expect(inkress(undefined)).toEqual(rejected('missing-signature'));
    expect(inkress('')).toEqual(rejected('missing-signature'));
  });

  test('I-6: without a time in it, a replay is known by the signed id', () => {
    expect(inkress(right)).toMatchObject({ outcome: 'verified', event: { dedupKey: 'evt_abc' } });
  });

  test('X-1: the secret is used whole, so one without its prefix does not verify', () => {
    expect(inkress(mac('abc123xyz', INKRESS_BODY, 'hex'))).toEqual(rejected('wrong-secret-or-changed-body'));
  });

  test('I-7: a signature over the parsed payload printed again is refused', () => {
    const printed = JSON.stringify(JSON.parse(INKRESS_BODY));
    expect(inkress(mac(INKRESS_SECRET, printed, 'hex'), `${INKRESS_BODY}\n`)).toEqual(
      rejected('wrong-secret-or-changed-body'),
    );
  });

  test('I-8: an event without an amount is an event', () => {
    expect(inkress(right)).toMatchObject({ outcome: 'verified', event: { type: 'customer.created' } });
  });
});

describe('Skribby', () => {
  test.each(['abc', '1767225600abc', '1.767225600e9', '0001767225600', '1767225600000'])(
    'K-1, K-5: the timestamp %j is refused although it is signed',
    (time) => {
      expect(skribby({}, time)).toEqual(rejected('malformed-timestamp'));
    },
  );

  test('K-1: a body that is no UTF-8 is verified over its bytes', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x7b, 0x7d]);
    expect(skribby({}, String(NOW), bytes)).toEqual({ outcome: 'malformed', reason: 'not-json' });
    const ofText = `sha256=${mac('skribby-secret', `${String(NOW)}.${bytes.toString('utf8')}`, 'hex')}`;
    const verdict = skribby({ 'x-skribby-signature': ofText }, String(NOW), bytes);
    expect(verdict).toEqual(rejected('wrong-secret-or-changed-body'));
  });

  test('K-2: a missing signature, a short one and a missing time are refused, not thrown at', () => {
    expect(skribby({ 'x-skribby-signature': undefined })).toEqual(rejected('missing-signature'));
    expect(skribby({ 'x-skribby-signature': 'sha256=00' })).toEqual(rejected('malformed-signature'));
    expect(skribby({ 'x-skribby-timestamp': undefined })).toEqual(rejected('missing-timestamp'));
  });

  test('K-4: a replay under another id is still the same event', () => {
    const first = skribby();
    const replay = skribby({ 'x-skribby-webhook-id': 'another' });
    const without = skribby({ 'x-skribby-webhook-id': undefined });
    const keys = [first, replay, without].map((verdict) => verdict.outcome === 'verified' && verdict.event.dedupKey);
    expect(new Set(keys)).toEqual(new Set(['392bf08b39104f4b4ad16c11a2a5d45ccd59cfc9868cf8e2c793e798cd8aba6e']));
  });

  test('K-5: the window has two sides, both inclusive', () => {
    expect(skribby({}, String(NOW - 300))).toMatchObject({ outcome: 'verified' });
    expect(skribby({}, String(NOW - 301))).toEqual(rejected('stale-timestamp'));
    expect(skribby({}, String(NOW + 300))).toMatchObject({ outcome: 'verified' });
    expect(skribby({}, String(NOW + 301))).toEqual(rejected('future-timestamp'));
  });

  test('K-6: it never sends again, so the first delivery must be kept', () => {
    expect(providers.get('skribby')?.redelivers).toBe(false);
  });
});
