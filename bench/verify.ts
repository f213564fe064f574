import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { verify as verifyOctokit } from '@octokit/webhooks-methods';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { sign } from '../lambdas/core/scheme/sign.ts';
import type { Delivery } from '../lambdas/core/delivery.ts';
import { compile, type Verifier } from '../lambdas/core/scheme/compile.ts';
import type { SecretSet } from '../lambdas/core/scheme/key.ts';
import type { Provider } from '../lambdas/core/scheme/provider.ts';
import { providers } from '../lambdas/providers/index.ts';
import { compare, type Comparison, type Run } from './paired.ts';

/**
 * `npm run bench:verify`: the whole verification against the bare hash, the official verifiers and itself.
 * Every figure is the median of paired ratios of CPU time, the two sides taken in turn in one process.
 * GitHub's id and type are headers, so its verification parses nothing: that is what is held against the bare hash.
 */
const SIZES = [1024, 16 * 1024, 256 * 1024, 1024 * 1024];
const SECRET = 'hookgate-bench-secret-0123456789';
/** Requests for one source before the next one's turn. */
const BURST = 64;
const WHSEC = `whsec_${Buffer.from(SECRET).toString('base64')}`;

const results: Comparison[] = [];
for (const size of SIZES) {
  const label = size < 1024 * 1024 ? `${String(size / 1024)} KiB` : '1 MiB';
  await againstBareHash(size, label);
  await againstPeers(size, label);
}
await againstItself();

const width = Math.max(...results.map(({ name }) => name.length));
for (const { name, ratio, bound, micros } of results) {
  const verdict = ratio <= bound ? 'ok' : 'TOO SLOW';
  const figures = `${ratio.toFixed(3)} (at most ${bound.toFixed(2)}), ${micros.toFixed(2)} µs`;
  process.stdout.write(`${name.padEnd(width)}  ${figures}  ${verdict}\n`);
}
const slow = results.filter(({ ratio, bound }) => ratio > bound).length;
process.stdout.write(`${String(results.length - slow)} within bounds, ${String(slow)} not\n`);
process.exitCode = slow > 0 ? 1 : 0;

async function againstBareHash(size: number, label: string): Promise<void> {
  const { run, delivery } = ours('github', bodyOf(size), SECRET);
  const key = createSecretKey(Buffer.from(SECRET));
  const signature = createHmac('sha256', key).update(delivery.body).digest();
  const bare: Run = () => {
    if (!timingSafeEqual(createHmac('sha256', key).update(delivery.body).digest(), signature)) throw new Error('wrong');
  };
  const bound = size === 1024 ? 1.1 : 1.05;
  results.push(await compare(`verify / bare hash, ${label}`, run, bare, size, bound));
}

async function againstPeers(size: number, label: string): Promise<void> {
  const body = bodyOf(size);
  const text = body.toString('utf8');
  const stripe = new Stripe('sk_test_bench');
  const peers: [string, string, string, (headers: Record<string, string>) => Run][] = [
    [
      'stripe',
      'stripe',
      WHSEC,
      (headers) => () => void stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', WHSEC),
    ],
    ['svix', 'svix', WHSEC, (headers) => () => void new SvixWebhook(WHSEC).verify(body, headers)],
    [
      'standardwebhooks',
      'standard-webhooks',
      WHSEC,
      (headers) => () => void new StandardWebhook(WHSEC).verify(body, headers),
    ],
    [
      '@octokit/webhooks-methods',
      'github',
      SECRET,
      (headers) => () => verifyOctokit(SECRET, text, headers['x-hub-signature-256'] ?? ''),
    ],
  ];
  for (const [peer, name, secret, runOf] of peers) {
    const { run, headers } = ours(name, body, secret, Date.now());
    results.push(await compare(`verify / ${peer}, ${label}`, run, runOf(headers), size, 1));
  }
}

/** What must not cost more: a second secret, a wrong signature, other sources. */
async function againstItself(): Promise<void> {
  const size = 1024;
  const right = ours('github', bodyOf(size), SECRET);
  const two = ours('github', bodyOf(size), SECRET, undefined, ['another-secret']);
  results.push(await compare('two secrets / one', two.run, right.run, size, 2.1));
  const headers = new Map(right.delivery.headers).set('x-hub-signature-256', [`sha256=${'0'.repeat(64)}`]);
  const wrong = runOf(right.verifier, { ...right.delivery, headers }, right.secrets, 'rejected');
  results.push(await compare('wrong signature / right', wrong, right.run, size, 1.15));
  // One body for all, and requests in bursts per source as they come: what is compared is the number of sources
  // configured, not how far their 500 requests are spread over the machine's memory.
  const body = bodyOf(size);
  const one = inTurn([ours('github', body, SECRET).run]);
  const many = inTurn(Array.from({ length: 500 }, (_, i) => ours('github', body, `${SECRET}${String(i)}`).run));
  results.push(await compare('500 sources / 1', many, one, size, 1.05));
}

function inTurn(runs: readonly Run[]): Run {
  let calls = 0;
  return () => runs[Math.floor(calls++ / BURST) % runs.length]?.();
}

/** A delivery of the provider, signed, and its whole verification. */
function ours(name: string, body: Buffer, secret: string, at = 1_767_225_600_000, earlier: readonly string[] = []) {
  const provider = providers.get(name) as Provider;
  const request = sign(provider, { body, id: 'evt_1', type: 'bench.event', timestamp: at, secret });
  if ('unsignable' in request) throw new Error(request.unsignable);
  const delivery: Delivery = {
    source: 'bench',
    method: 'POST',
    url: request.url,
    headers: new Map(Object.entries(request.headers).map(([header, value]) => [header, [value]])),
    body: request.body,
    sourceIp: '192.0.2.1',
    receivedAt: at,
  };
  const verifier = compile(provider);
  const secrets = verifier.secrets([...earlier, secret]);
  return { run: runOf(verifier, delivery, secrets, 'verified'), delivery, headers: request.headers, verifier, secrets };
}

function runOf(verifier: Verifier, delivery: Delivery, secrets: SecretSet, expected: string): Run {
  return () => {
    const verdict = verifier.verify(delivery, secrets, delivery.receivedAt);
    if (verdict instanceof Promise || verdict.outcome !== expected) throw new Error(`not ${expected}`);
  };
}

/** JSON of about that many bytes, most of it text, as webhooks are. */
function bodyOf(size: number): Buffer {
  const head = { id: 'evt_1', type: 'bench.event', data: { object: { id: 'obj_1', amount: 2500, tags: ['a', 'b'] } } };
  return Buffer.from(JSON.stringify({ ...head, text: 'x'.repeat(size - JSON.stringify(head).length - 10) }));
}
