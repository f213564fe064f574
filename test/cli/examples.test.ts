import { App, Stack } from 'aws-cdk-lib';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filtered } from '../../examples/alarms/filtered.ts';
import bounced from '../../examples/processors/lettermint/message-bounced.ts';
import { lettermint } from '../../examples/providers/lettermint.ts';
import type { Delivery } from '../../lambdas/core/delivery.ts';
import { compile } from '../../lambdas/core/scheme/compile.ts';
import type { GatewayFunction } from '../../lib/gateway-function.ts';

const text = (path: string) => readFileSync(join(__dirname, '../..', path), 'utf8');
const BODY = Buffer.from('{"id":"abc","event":"message.hard_bounced","data":{"recipient":"ada@example.com"}}');
/** HMAC-SHA256 of `1704067200.` and the body under `whsec_your_secret_here`, worked out with openssl. */
const SIGNATURE = '4e50f54246957ccf2d2bf61b006696ea32ad884e96ca2b8f08dc2b86d319bdf6';

function delivery(signature: string): Delivery {
  return {
    source: 'lettermint',
    method: 'POST',
    url: 'https://example.com/webhooks/lettermint',
    headers: new Map([['x-lettermint-signature', [signature]]]),
    body: BODY,
    sourceIp: '127.0.0.1',
    receivedAt: 1704067200_000,
  };
}

test('the provider of docs/adding.md verifies what it signs and nothing else', async () => {
  const verifier = compile(lettermint);
  const secrets = verifier.secrets(['whsec_your_secret_here']);
  const verdict = (signature: string) => verifier.verify(delivery(signature), secrets, 1704067200_000);
  expect(await verdict(`t=1704067200,v1=${SIGNATURE}`)).toMatchObject({
    outcome: 'verified',
    event: { id: 'abc', type: 'message.hard_bounced', dedupKey: 'abc' },
  });
  expect(await verdict(`t=1704067201,v1=${SIGNATURE}`)).toEqual({
    outcome: 'rejected',
    reason: 'wrong-secret-or-changed-body',
  });
});

test('the provider of docs/adding.md takes less than 30 lines', () => {
  expect(text('examples/providers/lettermint.ts').trimEnd().split('\n').length).toBeLessThan(30);
});

test('the processor of docs/adding.md keeps the address in one transaction', async () => {
  const payload = await bounced.schema['~standard'].validate(JSON.parse(BODY.toString()));
  if (payload.issues) throw new Error('The payload is not what the processor takes.');
  const written: unknown[] = [];
  const event = { type: bounced.on, source: 'lettermint', receivedAt: new Date(1704067200_000), rawBody: BODY };
  await bounced.handler(
    { ...event, payload: payload.value },
    {
      idempotencyKey: 'lettermint#abc@0',
      attempt: 1,
      signal: new AbortController().signal,
      log: { info: () => undefined, warn: () => undefined },
      commit: (writes) => {
        written.push(...writes);
        return Promise.resolve('committed');
      },
    },
  );
  expect(written).toEqual([
    { put: { table: 'suppressions', item: { id: 'ada@example.com', since: '2024-01-01T00:00:00.000Z' } } },
  ]);
});

test('the alarm of docs/adding.md watches each source', () => {
  const stack = new Stack(new App(), 'Example');
  // The rule looks at none of these.
  const api = new RestApi(stack, 'Api', { deploy: false });
  const unused = undefined as unknown as GatewayFunction;
  const rest = {
    routes: [],
    api,
    verifier: unused,
    sweeper: unused,
    blocker: unused,
    controllers: {},
    refusedBy: { limitsOfSources: [], others: [] },
    silences: new Map(),
  };
  const watches = filtered.watch({ stage: 'prod', sources: ['a', 'b'], ...rest });
  expect(watches.map(({ id }) => id)).toEqual(['a', 'b']);
});

test.each([
  'examples/providers/lettermint.ts',
  'examples/processors/lettermint/message-bounced.ts',
  'examples/alarms/filtered.ts',
])('docs/adding.md shows %s as it is', (path) => {
  // In the project the file stands elsewhere, so that its imports are written from there.
  const code = (of: string) => of.split('\n').filter((line) => !line.startsWith('import '));
  expect(code(text('docs/adding.md')).join('\n')).toContain(code(text(path)).join('\n').trim());
});
