import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providers } from '../../lambdas/providers/index.ts';
import { type Bundle, bundleSync } from '../../lib/bundle.ts';
import { gatewayOfRoute, type Plan } from '../../lib/plan.ts';
import { planOf } from './stage.ts';

let plan: Plan;
let bundles: readonly Bundle[];
const outputDirectory = mkdtempSync(join(tmpdir(), 'hookgate-bundles-'));
beforeAll(async () => {
  plan = await planOf('local');
  bundles = bundleSync({ plan, outputDirectory });
});

function gatewayOf(name: string): unknown {
  return JSON.parse(readFileSync(join(outputDirectory, name, 'gateway.json'), 'utf8'));
}

const KIB = 1024;

/** Lambda reads all of it at a cold start. Raise a ceiling knowingly: what came in, and is it needed there? */
test.each([
  ['verifier', 780],
  ['sweeper', 680],
  ['admin', 920],
  ['processor-scalekit-user-created', 780],
  ['processor-scalekit-user-updated', 780],
  ['processor-inkress-payment-success', 780],
  ['processor-inkress-payment-failed', 780],
  ['processor-inkress-payout-completed', 780],
  ['processor-skribby-status-update', 780],
])('%s stays under %d KiB', (name, ceiling) => {
  const bundle = bundles.find((it) => it.name === name);
  expect(bundle?.bytes).toBeGreaterThan(10 * KIB);
  expect(bundle?.bytes).toBeLessThan(ceiling * KIB);
});

test('each function is a folder of the code and the gateway’s configuration', () => {
  expect(bundles).toHaveLength(11);
  for (const { name, directory } of bundles) {
    const code = name.startsWith('processor-') ? ['index.js', 'thread.js'] : ['index.js'];
    expect(readdirSync(directory).sort()).toEqual(['gateway.json', ...code]);
  }
});

test('the verifier knows every source; a processor knows its own route only', () => {
  expect(gatewayOf('verifier')).toMatchObject({
    stage: 'local',
    sources: [{ name: 'scalekit' }, { name: 'inkress' }, { name: 'skribby' }],
  });
  expect(gatewayOf('processor-inkress-payment-failed')).toEqual({
    stage: 'local',
    sources: [
      {
        name: 'inkress',
        provider: 'inkress',
        maxBodyBytes: 1_048_576,
        secretOverlapSeconds: 86_400,
        occurredAt: { at: '/created_at', as: 'iso' },
        routes: [{ processor: 'inkress/payment-failed', name: 'payment-failed', on: 'payment.failed' }],
      },
    ],
  });
});

test('a processor knows whether its provider sends forms', () => {
  const formOf = (provider: string) => {
    const source = { ...only('inkress').sources[0]!, provider };
    return gatewayOfRoute(plan, source, source.routes[0]!).sources.map(({ form }) => form);
  };
  const forms = ['braintree', 'dropbox-sign', 'messagebird', 'plivo-v3', 'slack', 'twilio'];
  expect([...providers.keys()].filter((name) => formOf(name)[0] === true)).toEqual(forms);
});

test('the same sources give the same bytes, wherever they are written', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'hookgate-bundles-again-'));
  for (const { name, directory } of bundleSync({ plan: only('skribby'), outputDirectory: elsewhere })) {
    const again = readFileSync(join(directory, 'index.js'));
    expect(again.equals(readFileSync(join(outputDirectory, name, 'index.js')))).toBe(true);
  }
});

test('a function whose route is gone is removed, and a new one added', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hookgate-bundles-fewer-'));
  mkdirSync(join(directory, 'processor-skribby-gone'));
  bundleSync({ plan: only('skribby'), outputDirectory: directory });
  const functions = readdirSync(directory).filter((name) => !name.startsWith('.'));
  expect(functions.sort()).toEqual([
    'address-blocker',
    'admin',
    'breaker-controller',
    'processor-skribby-status-update',
    'sweeper',
    'verifier',
  ]);
});

function only(source: string): Plan {
  return { ...plan, sources: plan.sources.filter(({ name }) => name === source) };
}
