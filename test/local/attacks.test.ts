import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type JsonClient, jsonClient } from '../../local/aws/json-client.ts';
import { type Answered, type Attempt, attempt, changed } from '../support/attacker.ts';
import { attacksWith, INHERITED, inherited, PAYMENT } from './attacks.ts';
import { removeData, type RunningHost, startTestHost, temporaryData, until } from '../support/host.ts';
import { secretOf } from '../support/provider.ts';

/** What an attacker may try, by the classes of SECURITY.md, against the host as it runs. */
let data: string;
let host: RunningHost;
let dynamodb: JsonClient;
let table: string;
const secrets = { scalekit: '', inkress: '', skribby: '' };

beforeAll(async () => {
  data = temporaryData();
  host = await startTestHost(data);
  for (const source of ['scalekit', 'inkress', 'skribby'] as const) secrets[source] = await secretOf(host, source);
  dynamodb = jsonClient(host.endpoints.dynamodb, 'DynamoDB_20120810');
  const { TableNames } = (await dynamodb.call('ListTables', {})) as { TableNames: string[] };
  table = TableNames.find((name) => name.includes('Records')) ?? '';
});

afterAll(async () => {
  dynamodb?.close();
  await host?.stop();
  removeData(data);
});

const tried = (what: Attempt): Promise<Answered> => attempt(host.url, what);
async function keysOfRecords(): Promise<string[]> {
  const FilterExpression = 'sk = :meta';
  const ExpressionAttributeValues = { ':meta': { S: 'META' } };
  const scan = { TableName: table, FilterExpression, ExpressionAttributeValues };
  const { Items } = (await dynamodb.call('Scan', scan)) as { Items: { pk: { S: string } }[] };
  return Items.map(({ pk }) => pk.S).sort();
}

/** All that the host and its functions have written where people look. */
function logs(): string[] {
  const folder = join(data, 'logs');
  const files = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  return [...files, host.output()].flatMap((text) => text.split('\n'));
}

const UNAUTHORIZED = '{"error":"unauthorized"}';
const { scalekit, inkress, skribby, hex, base64, forged, other } = attacksWith(secrets);

describe('A24: what is refused', () => {
  let before: string[];
  beforeAll(async () => void (before = await keysOfRecords()));

  test.each(forged)('%s, %s: 401 in the one body', async (_class, _what, make) => {
    expect(await tried(make())).toMatchObject({ status: 401, body: UNAUTHORIZED });
  });

  test.each(other)('%s, %s: %i', async (_class, _what, status, make) => {
    const { status: answered, body } = await tried(make());
    expect([answered, /stack|\.ts:|node_modules/.test(body)]).toEqual([status, false]);
  });

  test('A25: sources that are not there have one answer, that says no more than its status', async () => {
    const answers = await Promise.all(
      ['nobody', 'scaleki', 'a'.repeat(200)].map((name) => tried({ ...scalekit(), path: `/webhooks/${name}` })),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.replace(/"[\w-]{36}"/, '')}`)).size).toBe(1);
  });

  test('A18: a URL in a message is never called', async () => {
    let calls = 0;
    const server = createServer((socket) => {
      calls += 1;
      socket.destroy();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cert.pem`;
    const body = JSON.stringify({ Type: 'SubscriptionConfirmation', SubscribeURL: url, SigningCertURL: url });
    const headers = { 'x-amz-sns-message-type': 'SubscriptionConfirmation', 'paypal-cert-url': url, jku: url };
    const answers = await Promise.all(
      ['scalekit', 'inkress', 'skribby'].map((source) => tried({ path: `/webhooks/${source}`, headers, body })),
    );
    await new Promise((closed) => server.close(closed));
    expect([answers.map(({ status }) => status), calls]).toEqual([[401, 401, 401], 0]);
  });

  test('is no row of the table, and in the logs nothing that was sent', async () => {
    expect(await keysOfRecords()).toEqual(before);
    const said = (part: string) => logs().filter((line) => line.includes(part));
    expect(said('"reason":"malformed-signature"').length).toBeGreaterThan(0);
    for (const sent of [hex(), base64(), 'ada@example.com', '127.0.0.1, 127.0.0.1', 'evil.example/']) {
      expect(said(sent)).toEqual([]);
    }
    // Twenty a minute of each source and reason: this suite takes a few minutes at most.
    expect(
      logs().filter((line) => line.includes('"source":"skribby","reason":"malformed-timestamp"')).length,
    ).toBeLessThan(20);
  });
});

describe('what is signed and seen before', () => {
  const keys = async (part: string) => new Set((await keysOfRecords()).filter((key) => key.includes(part)));

  test('A7: under another id that nobody signed it is the same event, and under none', async () => {
    const first = skribby({ id: 'delivery_7' });
    const before = await keys('skribby#');
    const answers = [
      await tried(first),
      await tried(changed(first, { 'x-skribby-webhook-id': 'delivery_8' })),
      await tried(changed(first, { 'x-skribby-webhook-id': undefined })),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await keys('skribby#')).size - before.size).toBe(1);
  });

  test('A8: twenty times at once it is one event, one effect', async () => {
    const body = PAYMENT.replace('evt_1', 'evt_8');
    const answers = await Promise.all(Array.from({ length: 20 }, () => tried(inkress({ body }))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await until(async () => JSON.stringify(await event('evt_8')).includes('"status":"DONE"'), host.output);
    expect(await event('evt_8')).toMatchObject({ attempt: 1 });
    expect((await keys('inkress#evt_8')).size).toBe(1);
  });

  async function event(id: string): Promise<unknown> {
    const { body } = await tried({ method: 'GET', path: `/admin/events/inkress/${id}` });
    return JSON.parse(body) as unknown;
  }

  test('A9, A10, A12: spaces, escapes, key order and markup reach the record as they were sent', async () => {
    const markup = '<script>alert(1)</script> UNION SELECT 1 -- ../../etc/passwd '.repeat(400);
    const body = ` { "z" : 1.0, "event_type":"x\\u0041", "id" : "evt_12", "a":"\\/", "html": ${JSON.stringify(markup)} }\n`;
    expect(await tried(inkress({ body }))).toMatchObject({ status: 200 });
    const shown = JSON.stringify(await event('evt_12'));
    expect(shown).toContain(String(Buffer.byteLength(body)));
    expect(shown).toContain('"xA"');
  });

  test('A11: a header’s name in other letters is the same header', async () => {
    const { headers, ...rest } = inkress({ body: PAYMENT.replace('evt_1', 'evt_11') });
    const odd = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
    expect(await tried({ ...rest, headers: odd })).toMatchObject({ status: 200 });
  });

  test('A19: of two keys of one name the last is checked, recorded and routed alike', async () => {
    const body = '{"id":"evt_first","id":"evt_19","event_type":"payment.success","event_type":"no.such.type"}';
    expect(await tried(inkress({ body }))).toMatchObject({ status: 200 });
    expect(await event('evt_19')).toMatchObject({ status: 'FILTERED', type: 'no.such.type' });
  });

  test.each(INHERITED)('A19: a header and a parameter %s hinder no delivery that is signed', async (name) => {
    const body = PAYMENT.replace('evt_1', `evt_${name}`);
    expect(await tried(inherited(inkress({ body }), name))).toMatchObject({ status: 200 });
  });

  test('A28: line breaks and metrics in a signed text make no line and no metric of their own', async () => {
    const metric = '{"_aws":{"CloudWatchMetrics":[{"Namespace":"Forged","Metrics":[{"Name":"Forged"}]}]},"Forged":1}';
    const body = JSON.stringify({ id: `evt_28\n${metric}`, event_type: `forged_28\r\n${metric}\u001b[2J` });
    expect((await tried(inkress({ body }))).status).toBe(200);
    await until(() => logs().some((line) => line.includes('forged_28')), host.output);
    expect(logs().filter((line) => line.startsWith('{"_aws"') && line.includes('Forged'))).toEqual([]);
    expect(logs().filter((line) => line.includes('\u001b'))).toEqual([]);
  });

  test('A29: what is stored comes back as JSON, never as a page', async () => {
    const { type } = await tried({ method: 'GET', path: '/admin/events/inkress/evt_12' });
    expect(type).toMatch(/^application\/json/);
  });

  test('A23, A1: after all of it the right signature passes', async () => {
    expect(await tried(scalekit())).toMatchObject({ status: 201 });
  });
});
