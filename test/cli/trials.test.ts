import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trialsOf } from '../../cli/trials.ts';
import { compile } from '../../lambdas/core/scheme/compile.ts';
import type { Provider } from '../../lambdas/core/scheme/provider.ts';
import { providers } from '../../lambdas/providers/index.ts';
import { hookgate } from './process.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const URL = 'https://example.com/webhooks/any';
/** Text, hex and base64 at once. */
const SECRET = '5'.repeat(64);

/** Those whose stored secret signs: the others need a private key, or keys that only the provider serves. */
const shared = [...providers.values()].filter(
  ({ scheme }) => !['ed25519', 'public', 'fetched'].includes(scheme.key.key),
);

function secretOf({ settings = {} }: Provider): string {
  return [SECRET, ...Object.keys(settings).map((label) => `${label}:${'6'.repeat(32)}`)].join('\n');
}

test.each(shared)('$name: our own verifier does with each delivery what conformance expects', async (provider) => {
  const secret = secretOf(provider);
  const verifier = compile(provider);
  const secrets = verifier.secrets([secret]);
  const wrong: string[] = [];
  for (const { name, expected, request } of trialsOf(provider, { target: URL, url: URL, secret, now: NOW })) {
    const headers = Object.entries(request.headers).map(([header, value]) => [header.toLowerCase(), [value]] as const);
    const { method, url, body } = request;
    const delivery = { source: 'a', method, url, headers: new Map(headers), body, sourceIp: '::1', receivedAt: NOW };
    const { outcome } = await verifier.verify(delivery, secrets, NOW);
    if ((outcome === 'rejected' ? 'refused' : 'accepted') !== expected) wrong.push(name);
  }
  expect(wrong).toEqual([]);
});

let receiver: Server;
let url: string;

beforeAll(async () => {
  // Takes everything, as a receiver that forgot to verify.
  receiver = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200).end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
});

afterAll(() => new Promise((resolve) => receiver.close(resolve)));

test('a receiver that takes everything is told what it wrongly accepts', async () => {
  const args = ['conformance', '--url', url, '--provider', 'inkress', '--secret', 'whsec_test'];
  const { code, stdout } = await hookgate(args);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^200 +wrongly accepted +no signature$/m);
  expect(stdout).toMatch(/\n5 right, 9 wrong\n$/);
});

test('the secret may come from standard input, and JSON has every delivery', async () => {
  const args = ['conformance', '--url', url, '--provider', 'inkress', '--json'];
  const { stdout } = await hookgate(args, { input: 'whsec_test\n' });
  expect(JSON.parse(stdout)).toMatchObject({
    right: 5,
    wrong: 9,
    deliveries: expect.arrayContaining([
      { delivery: 'signed with another secret', expected: 'refused', status: 200, result: 'wrongly accepted' },
    ]) as unknown,
  });
});

test.each([
  [['--provider', 'inkres', '--secret', 'a'], 2, 'Did you mean inkress?'],
  [['--provider', 'scalekit', '--secret', 'not base64!'], 1, 'That is no secret of Scalekit'],
  [['--secret', 'a'], 2, "required option '--provider <name>' not specified"],
])('conformance with %j ends with %d', async (args, code, said) => {
  const ended = await hookgate(['conformance', '--url', url, ...args]);
  expect(ended.code).toBe(code);
  expect(ended.stderr).toContain(said);
});
