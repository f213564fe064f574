import { createHmac } from 'node:crypto';
import type { Delivery } from '../../../lambdas/core/delivery.ts';
import { compile } from '../../../lambdas/core/scheme/compile.ts';
import { explain, type Explanation } from '../../../lambdas/core/scheme/explain.ts';
import { providers } from '../../../lambdas/providers/index.ts';

const NOW = 1_767_225_600_000;
const SECRET = 'skribby-secret';

function delivery(headers: Readonly<Record<string, string>>, body: Buffer): Delivery {
  return {
    source: 'main',
    method: 'POST',
    url: 'https://gateway.example.com/webhooks/main',
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body,
    sourceIp: '192.0.2.1',
    receivedAt: NOW,
  };
}

/** A Skribby delivery of `sent`, of which `arrived` is what came. */
function explainSkribby(sent: Buffer, arrived: Buffer, time = '1767225600', secret = SECRET): Promise<Explanation> {
  const mac = createHmac('sha256', SECRET).update(`${time}.`).update(sent).digest('hex');
  const headers = { 'x-skribby-timestamp': time, 'x-skribby-signature': `sha256=${mac}` };
  const provider = providers.get('skribby');
  if (!provider) throw new Error('skribby');
  return explain(provider, delivery(headers, arrived), compile(provider).secrets([secret]), NOW);
}

describe('why a delivery was refused', () => {
  const json = '{"type":"status_update","name":"Zoë","price":1}';

  test.each([
    ['json-reprinted', json, JSON.stringify(JSON.parse(json), null, 3)],
    ['json-reprinted', '{"type": "status_update", "a": [1, 2]}', '{"type":"status_update","a":[1,2]}'],
    ['byte-order-mark-removed', `\ufeff${json}`, json],
    ['byte-order-mark-added', json, `\ufeff${json}`],
    ['base64-not-decoded', json, Buffer.from(json).toString('base64')],
    ['newline-added', json, `${json}\n`],
    ['newline-removed', `${json}\n`, json],
    ['decoded-as-latin1', json, Buffer.from(json).toString('latin1')],
    ['line-ends-changed', '{\n"type":"t"\n}', '{\r\n"type":"t"\r\n}'],
  ])('%s', async (reencoding, sent, arrived) => {
    const explanation = await explainSkribby(Buffer.from(sent), Buffer.from(arrived));
    expect(explanation).toMatchObject({ reason: 'body-reencoded', reencoding, verdict: { outcome: 'rejected' } });
  });

  test('a body decoded as text by its sender', async () => {
    const bytes = Buffer.concat([Buffer.from('{"type":"t"}'), Buffer.from([0xff])]);
    const explanation = await explainSkribby(Buffer.from(bytes.toString('utf8')), bytes);
    expect(explanation).toMatchObject({ reason: 'body-reencoded', reencoding: 'decoded-as-utf8' });
  });

  test('a body with the character for unreadable bytes is told to be beyond repair', async () => {
    const lost = await explainSkribby(Buffer.from([0x7b, 0xff, 0x7d]), Buffer.from('{\ufffd}'));
    expect(lost).toMatchObject({ reason: 'wrong-secret-or-changed-body', lossy: true });
    expect(await explainSkribby(Buffer.from(json), Buffer.from(json), '1767225600', 'other')).not.toHaveProperty(
      'lossy',
    );
  });

  test('another secret is told from a changed body', async () => {
    const explanation = await explainSkribby(Buffer.from(json), Buffer.from(json), '1767225600', 'other');
    expect(explanation.reason).toBe('wrong-secret-or-changed-body');
    expect(explanation.reencoding).toBeUndefined();
  });

  test('what was signed, what came and what was expected are shown', async () => {
    const explanation = await explainSkribby(Buffer.from('{"type":"a"}'), Buffer.from('{"type":"b"}'));
    expect(explanation.signed).toEqual([
      { place: 'timestamp', text: '1767225600' },
      { place: '"."', text: '.' },
      { place: 'body', text: '{"type":"b"}' },
    ]);
    expect(explanation.received).toEqual([
      createHmac('sha256', SECRET).update('1767225600.{"type":"a"}').digest('hex'),
    ]);
    expect(explanation.expected).toEqual([
      createHmac('sha256', SECRET).update('1767225600.{"type":"b"}').digest('hex'),
    ]);
  });

  test('a stale clock shows by how much', async () => {
    const explanation = await explainSkribby(Buffer.from(json), Buffer.from(json), '1767225000');
    expect(explanation).toMatchObject({
      reason: 'stale-timestamp',
      timestamp: { text: '1767225000', ageSeconds: 600 },
    });
  });

  test('large bodies are not taken apart', async () => {
    const large = Buffer.from(JSON.stringify({ type: 't', text: 'x'.repeat(70_000) }, null, 2));
    const explanation = await explainSkribby(Buffer.from(JSON.stringify(JSON.parse(large.toString()))), large);
    expect(explanation.reason).toBe('wrong-secret-or-changed-body');
  });
});

function explainAs(
  name: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  secret: string,
): Promise<Explanation> {
  const provider = providers.get(name);
  if (!provider) throw new Error(name);
  return explain(provider, delivery(headers, Buffer.from(body)), compile(provider).secrets([secret]), NOW);
}

describe('what has no declared content', () => {
  test('of a token, the signed text is shown and every claim that binds it', async () => {
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${encode({ alg: 'HS256' })}.${encode({ iss: 'API1', exp: 1767225700, iat: 1767225590, sha256: 'x' })}`;
    const mac = createHmac('sha256', 's3cret').update(input).digest('base64url');
    const found = await explainAs('livekit', { authorization: `${input}.${mac}` }, '{}', 's3cret\napiKey:API2');

    expect(found).toMatchObject({
      reason: 'wrong-secret-or-changed-body',
      signed: [{ place: 'token', text: input }],
      received: [mac],
      expected: [mac],
      timestamp: { text: '1767225590', ageSeconds: 10 },
    });
    expect(found.claims).toEqual([
      { name: 'iss', claimed: 'API1', expected: 'API2', holds: false },
      { name: 'sha256', claimed: 'x', expected: 'RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=', holds: false },
    ]);
  });

  test('of a provider with code, what it signs is shown and what each secret would have made of it', async () => {
    const headers = { 'x-plivo-signature-v3': 'A'.repeat(44), 'x-plivo-signature-v3-nonce': '42' };
    const content = 'https://gateway.example.com/webhooks/main?AbC1.42';
    expect(await explainAs('plivo-v3', headers, 'A=b&C=1', 'token')).toMatchObject({
      signed: [{ place: 'content', text: content }],
      received: ['A'.repeat(44)],
      expected: [createHmac('sha256', 'token').update(content).digest('base64')],
    });
    const canonical =
      'POST\n/webhooks/main\nx-contentful-signed-headers:x-contentful-signed-headers,x-contentful-timestamp;x-contentful-timestamp:1767225600000\n{}';
    const contentful = {
      'x-contentful-signature': '0'.repeat(64),
      'x-contentful-timestamp': '1767225600000',
      'x-contentful-signed-headers': 'x-contentful-timestamp,x-contentful-signed-headers',
    };
    expect(await explainAs('contentful', contentful, '{}', 'secret')).toMatchObject({
      signed: [{ place: 'content', text: canonical }],
      expected: [createHmac('sha256', 'secret').update(canonical).digest('hex')],
    });
    const item = {
      pspReference: '1',
      eventCode: 'CAPTURE',
      success: 'true',
      additionalData: { hmacSignature: 'AA==' },
    };
    const items = JSON.stringify({ notificationItems: [{ NotificationRequestItem: item }] });
    expect(await explainAs('adyen-payments', {}, items, 'ab'.repeat(32))).toMatchObject({
      signed: [{ place: 'content', text: '1::::::CAPTURE:true' }],
      received: ['AA=='],
    });
  });

  test('of junk and of static tokens there is nothing to show', async () => {
    const nothing = { signed: [], received: [], expected: [] };
    expect(await explainAs('livekit', { authorization: 'a.b.c' }, '{}', 's\napiKey:k')).toMatchObject(nothing);
    expect(await explainAs('gitlab-token', { 'x-gitlab-token': 'x' }, '{}', 'y')).toMatchObject(nothing);
  });
});
