import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signDelivery } from '../../cli/delivery.ts';
import { sampleEvent } from '../../cli/samples.ts';
import type { TypeStatistics } from '../../lambdas/core/admin/stats.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { jsonClient } from '../../local/aws/json-client.ts';
import { hookgate } from '../cli/process.ts';
import { removeData, type RunningHost, startTestHost, temporaryData, until } from '../support/host.ts';

const TYPE = 'organization.directory.user_created';
const WEBHOOKS = 200;
/** Also where each is processed by itself: how many come together is the machine's. */
const MOST_BYTES = 560;

let data: string;
let host: RunningHost;
let secret: string;

beforeAll(async () => {
  data = temporaryData();
  host = await startTestHost(data);
  const client = jsonClient(host.endpoints.secretsmanager, 'secretsmanager');
  secret = String((await client.call('GetSecretValue', { SecretId: 'hookgate/local/scalekit' }))['SecretString']);
  client.close();
});

afterAll(async () => {
  await host?.stop();
  removeData(data);
});

/** As the provider sends it. */
async function send(id: string, more: { readonly secret?: string } = {}): Promise<number> {
  const provider = providers.get('scalekit');
  if (!provider) throw new Error('There is no scalekit.');
  const body = sampleEvent('scalekit', TYPE, id, new Date()) ?? Buffer.alloc(0);
  const target = `${host.url}/webhooks/scalekit`;
  const signed = signDelivery(provider, { body, id, type: TYPE, target, timestamp: Date.now(), secret, ...more });
  const answer = await fetch(signed.url, { method: 'POST', headers: signed.headers, body: signed.body });
  return answer.status;
}

const newId = () => `evt_${randomBytes(12).toString('hex')}`;
const linesOf = (log: string) =>
  readFileSync(join(data, 'logs', `${log}.log`), 'utf8')
    .trimEnd()
    .split('\n');
const bytesOf = (lines: readonly string[]) => lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
const countOf = (lines: readonly string[], id: string) => lines.filter((line) => line.includes(id)).length;

test('two hundred webhooks are a line at the door and a line at the handler each, 560 bytes of log with their metrics', async () => {
  const ids = Array.from({ length: WEBHOOKS }, newId);
  const sending = [...ids];
  const client = async () => {
    for (let id = sending.pop(); id !== undefined; id = sending.pop()) expect(await send(id)).toBe(201);
  };
  await Promise.all(Array.from({ length: 8 }, client));
  const processed = () => linesOf('scalekit-user-created').filter((line) => line.includes('"message":"done"')).length;
  await until(
    () => processed() === WEBHOOKS,
    () => `${processed()} are processed`,
  );

  const [verifier, processor] = [linesOf('verifier'), linesOf('scalekit-user-created')];
  for (const id of ids) expect([countOf(verifier, id), countOf(processor, id)]).toEqual([1, 1]);
  expect((bytesOf(verifier) + bytesOf(processor)) / WEBHOOKS).toBeLessThanOrEqual(MOST_BYTES);
  // Nothing of a payload or of a signature.
  expect([...verifier, ...processor].join('\n')).not.toMatch(/given_name|v1,|whsec_|@example\.com/);
});

test('the statistics count each of them once', async () => {
  let types: readonly TypeStatistics[] = [];
  // A batch's metrics are its last line.
  await until(
    async () => {
      const answer = await fetch(`${host.url}/admin/webhook-stats?hours=1`);
      ({ types } = (await answer.json()) as { types: readonly TypeStatistics[] });
      return types[0]?.succeeded === WEBHOOKS;
    },
    () => JSON.stringify(types),
  );
  const [created, ...others] = types;
  expect(created).toMatchObject({ source: 'scalekit', type: TYPE, count: WEBHOOKS, succeeded: WEBHOOKS, failed: 0 });
  expect(others.map(({ count }) => count)).toEqual(others.map(() => 0));

  const { code, stdout } = await hookgate(['stats', '--hours', '1'], { env: { HOOKGATE_DATA: data } });
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^scalekit +${TYPE} +${WEBHOOKS} +${WEBHOOKS} +0 `, 'm'));
});

test('a refused attempt is in the security log alone', async () => {
  expect(await send('evt_forged', { secret: 'whsec_bm90IHRoZSBrZXkgb2YgdGhpcyBzb3VyY2U=' })).toBe(401);

  const attempts = linesOf('refused').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(attempts).toEqual([
    {
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      source: 'scalekit',
      reason: 'wrong-secret-or-changed-body',
      address: '127.0.0.1',
      signature: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
    },
  ]);
  expect(countOf(linesOf('verifier'), 'wrong-secret')).toBeLessThanOrEqual(1);
});

test('an alarm is listed, can be tried, a composed one by one of its own, and the console says so', async () => {
  const env = { HOOKGATE_DATA: data };
  const tried = await hookgate(['alarm', 'test', 'parked-inkress-payment-success'], { env });
  expect(tried).toMatchObject({ code: 0 });
  expect(host.output()).toContain('ALARM  hookgate-local-parked-inkress-payment-success: Tried by');

  const composed = await hookgate(['alarm', 'test', 'gateway-unhealthy'], { env });
  expect(composed.stdout).toMatch(/^gateway-unhealthy rings by verifier-5xx-\S+, until that is evaluated next/);
  expect(host.output()).toMatch(
    /ALARM {2}hookgate-local-gateway-unhealthy: It holds: hookgate-local-verifier-5xx-\S+\./,
  );

  const { stdout } = await hookgate(['alarms'], { env });
  expect(stdout).toMatch(/^ALARM +STATE +SINCE +RUNBOOK/);
  expect(stdout).toMatch(/^silence-inkress +INSUFFICIENT_DATA .* docs\/runbook\/silence\.md$/m);

  const unknown = await hookgate(['alarm', 'test', 'parked-inkres-payment-success'], { env });
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('Did you mean parked-inkress-payment-success');
});
