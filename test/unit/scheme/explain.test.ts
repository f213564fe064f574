import { createHmac } from 'node:crypto';
import { type Delivery } from '../../../lambdas/core/delivery.ts';
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
