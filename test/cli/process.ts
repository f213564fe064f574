import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { leaksIn, secretsIn } from '../support/canary.ts';
import { freePort } from '../support/free-port.ts';
import { keepPrinted, removeData } from '../support/host.ts';

const ROOT = resolve(__dirname, '../..');
const START_WITHIN_MS = 240_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a person runs it, in a process of its own. */
export async function hookgate(
  args: readonly string[],
  { input = '', env = {} }: { input?: string | Buffer; env?: Record<string, string> } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, ['bin/cli.ts', ...args], { cwd: ROOT, env: { ...process.env, ...env } });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A command that reads no input may be gone before it is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((done) => child.on('close', done));
  // The one command that is there to print a secret.
  const printed = Buffer.concat(args[0] === 'secret' && args[1] === 'show' ? stderr : [...stdout, ...stderr]);
  keepPrinted(env['HOOKGATE_DATA'], printed);
  const leaks = leaksIn(printed, secretsGiven(args, input));
  if (leaks.length > 0) throw new Error(`${args.slice(0, 2).join(' ')} prints its secret, as ${leaks.join(', ')}.`);
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** By option, or by standard input where that is no request. */
function secretsGiven(args: readonly string[], input: string | Buffer): readonly string[] {
  const options = args.filter((_, index) => args[index - 1] === '--secret');
  const piped = args[0] === 'secret' || args[0] === 'conformance' ? [String(input)] : [];
  return [...options, ...piped].flatMap(secretsIn);
}

export interface RunningHost {
  readonly url: string;
  /** What a command needs to find it. */
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/** `npm start` with a data folder and a port of its own. */
export async function startLocalHost(): Promise<RunningHost> {
  const data = mkdtempSync(join(tmpdir(), 'hookgate-cli-'));
  const port = await freePort();
  const env = { HOOKGATE_DATA: data, PORT: String(port) };
  const child = spawn(process.execPath, ['bin/local.ts'], { cwd: ROOT, env: { ...process.env, ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      keepPrinted(data, chunk);
    });
  }
  const url = `http://127.0.0.1:${port}`;
  await ready(url, child, () => said);
  return {
    url,
    env,
    stop: async () => {
      const closed = new Promise((done) => child.on('close', done));
      child.kill('SIGTERM');
      await closed;
      removeData(data);
    },
  };
}

async function ready(url: string, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error(`The local host did not start:\n${said()}`);
}

/** Longer than a lease on this machine: what an execution holds comes back when that has ended. */
const PATIENCE_MS = 100_000;

/** Asks again until the answer is as wished, or fails with the last one. */
export async function eventually<T>(ask: () => Promise<T>, wished: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (wished(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`In time only: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
