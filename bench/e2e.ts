/**
 * How fast the local host is, whole: `npm run bench:e2e`. Starts a host of its own on a free port with a data folder of
 * its own, sends signed webhooks from this process, and stops it. The load generator shares the machine's processors.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signDelivery } from '../cli/delivery.ts';
import { sampleEvent } from '../cli/samples.ts';
import { providers } from '../lambdas/providers/index.ts';
import type { HostFile } from '../local/data-folder.ts';
import { jsonClient } from '../local/aws/json-client.ts';
import { cpuByProcess, type CpuSeconds } from './cpu.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SOURCE = 'scalekit';
const TYPE = 'organization.directory.user_created';
const WARM_UP_MS = 5000;
const CLOSED = { clients: 8, ms: 12_000 };
const OPEN = { perSecond: 100, ms: 12_000 };

interface Sent {
  readonly status: number;
  readonly ms: number;
}

const data = mkdtempSync(join(tmpdir(), 'hookgate-bench-'));
const port = await freePort();
const first = await start();
console.log(`start to ready, nothing built   ${first.seconds.toFixed(1)} s`);
await stop(first.host);
const { host, seconds } = await start();
console.log(`start to ready, built tree      ${seconds.toFixed(1)} s`);
try {
  const target = JSON.parse(readFileSync(join(data, 'host.json'), 'utf8')) as HostFile;
  const send = await sender(target);
  await closedLoop(send, CLOSED.clients, WARM_UP_MS);
  const before = cpuByProcess(target.pid);
  const closed = await closedLoop(send, CLOSED.clients, CLOSED.ms);
  const after = cpuByProcess(target.pid);
  report(`closed loop, ${CLOSED.clients} clients`, closed, CLOSED.ms);
  printCpu(before, after, closed.length);
  await sleep(1000);
  report(`open loop, ${OPEN.perSecond}/s`, await openLoop(send, OPEN.perSecond, OPEN.ms), OPEN.ms);
} finally {
  await stop(host);
  rmSync(data, { recursive: true, force: true });
}
process.exit(0);

async function start(): Promise<{ host: ChildProcess; seconds: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, [join(ROOT, 'bin/local.ts')], {
    env: { ...process.env, PORT: String(port), HOOKGATE_DATA: data },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error('The host did not start.');
    await sleep(20);
  }
  return { host: child, seconds: (performance.now() - began) / 1000 };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await new Promise((done) => child.once('exit', done));
}

async function isReady(): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Sends one new, correctly signed webhook. Signing counts for this process, not for the answer's time. */
async function sender(target: HostFile): Promise<() => Promise<Sent>> {
  const secrets = jsonClient(target.endpoints.secretsmanager, 'secretsmanager');
  const answer = await secrets.call('GetSecretValue', { SecretId: `hookgate/${target.stage}/${SOURCE}` });
  secrets.close();
  const secret = String(answer['SecretString']);
  const provider = providers.get(SOURCE);
  if (!provider) throw new Error(`There is no provider ${SOURCE}.`);
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  return () => {
    const id = `evt_${randomUUID()}`;
    const body = sampleEvent(SOURCE, TYPE, id, new Date()) ?? Buffer.from('{}');
    const url = `${target.url}/webhooks/${SOURCE}`;
    const signed = signDelivery(provider, { body, id, type: TYPE, target: url, timestamp: Date.now(), secret });
    const began = performance.now();
    return new Promise((done, fail) => {
      const outgoing = request(signed.url, { method: 'POST', headers: signed.headers, agent }, (response) => {
        response.resume();
        response.on('end', () => done({ status: response.statusCode ?? 0, ms: performance.now() - began }));
      });
      outgoing.on('error', fail);
      outgoing.end(signed.body);
    });
  };
}

async function closedLoop(send: () => Promise<Sent>, clients: number, ms: number): Promise<Sent[]> {
  const until = performance.now() + ms;
  const all = await Promise.all(
    Array.from({ length: clients }, async () => {
      const sent: Sent[] = [];
      while (performance.now() < until) sent.push(await send());
      return sent;
    }),
  );
  return all.flat();
}

/** Sends on a clock, whether or not earlier ones were answered: a slow answer can't hide behind the next request. */
async function openLoop(send: () => Promise<Sent>, perSecond: number, ms: number): Promise<Sent[]> {
  const began = performance.now();
  const sent: Promise<Sent>[] = [];
  for (let index = 0; index < (perSecond * ms) / 1000; index += 1) {
    const due = began + (index * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    sent.push(send());
  }
  return Promise.all(sent);
}

function report(name: string, sent: readonly Sent[], ms: number): void {
  const accepted = sent.filter(({ status }) => status >= 200 && status < 300);
  const times = accepted.map((one) => one.ms).sort((a, b) => a - b);
  const at = (share: number) => (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? NaN).toFixed(1);
  const rate = (accepted.length / (ms / 1000)).toFixed(0);
  const others = sent.length - accepted.length;
  console.log(`${name}: ${rate} accepted/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${others} not accepted`);
}

function printCpu(before: CpuSeconds, after: CpuSeconds, webhooks: number): void {
  for (const [name, seconds] of after) {
    const ms = ((seconds - (before.get(name) ?? 0)) * 1000) / webhooks;
    if (ms >= 0.01) console.log(`  CPU per webhook  ${ms.toFixed(2)} ms  ${name}`);
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as AddressInfo;
      server.close(() => done(free));
    });
  });
}
