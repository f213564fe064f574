import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';

const ROOT = resolve(import.meta.dirname, '..', '..');
/** What a busy machine can't begin comes back when its visibility timeout ends; so much is twice that of most routes. */
const PATIENCE_MS = 400_000;

/** What the host says of itself in `host.json`. */
interface HostFile {
  readonly url: string;
  readonly endpoints: Readonly<Record<'dynamodb' | 'sqs' | 'secretsmanager' | 's3', string>>;
  readonly region: string;
}

export interface RunningHost extends HostFile {
  readonly pid: number;
  readonly data: string;
  /** Its exit code, when it has ended. */
  readonly ended: Promise<number | null>;
  /** All that it has printed. */
  readonly output: () => string;
  /** As Ctrl-C does; resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
  /** As a terminal does that is closed: its whole group is told, and nobody takes its output. It must have a group. */
  readonly hangUp: () => Promise<number | null>;
  /** As a power cut does, for this process. */
  readonly kill: () => Promise<void>;
}

export function temporaryData(): string {
  return mkdtempSync(join(tmpdir(), 'hookgate-test-'));
}

/** Removes the folder of a host that has ended, if none of its secrets has got out of the secret store into another file. */
export function removeData(data: string): void {
  try {
    const leaks = leaksOf(data);
    if (leaks !== '') throw new Error(`Secrets are outside the secret store:\n${leaks}`);
  } finally {
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Where the secrets of a data folder's store are besides, a line for each place. */
export function leaksOf(data: string): string {
  const search = join(import.meta.dirname, 'search.ts');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', search, data],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`The secrets of ${data} could not be looked for:\n${stderr}`);
  return stdout;
}

/** Puts what a process has printed beside what its host keeps, where `removeData` looks for secrets. */
export function keepPrinted(data: string | undefined, text: string | Buffer): void {
  if (data !== undefined && existsSync(join(data, 'services'))) appendFileSync(join(data, 'printed.txt'), text);
}

export interface StartOptions {
  /** @default - this project */
  readonly project?: string;
  readonly arguments?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Gives it a process group of its own, as a terminal does. */
  readonly group?: boolean;
}

/** The real host on a free port, as `npm start` and `npm run dev` run it. */
export function spawnHost(
  data: string,
  { project = ROOT, arguments: more = [], env, group = false }: StartOptions = {},
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, ['bin/local.ts', ...more], {
    cwd: project,
    env: { ...process.env, HOOKGATE_DATA: data, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: group,
  });
}

/** Starts a host that must not come up; resolves when it has ended. */
export async function refusedHost(
  data: string,
  options: StartOptions = {},
): Promise<{ code: number | null; output: string; error: string }> {
  const child = spawnHost(data, options);
  let output = '';
  let error = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const code = await new Promise<number | null>((end) => child.once('close', end));
  return { code, output, error };
}

/** Starts the real host and waits until it is ready. */
export async function startTestHost(data: string, options: StartOptions = {}): Promise<RunningHost> {
  const child = spawnHost(data, options);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      keepPrinted(data, chunk);
    });
  }
  const ended = new Promise<number | null>((end) => child.once('exit', end));
  const file = join(data, 'host.json');
  await until(
    () => child.exitCode !== null || (ownFile(file, child) && output.includes('Ready in')),
    () => output,
  ).catch((error: unknown) => {
    // Nobody else would end it, and it would slow down what comes after it.
    child.kill('SIGKILL');
    throw error;
  });
  if (child.exitCode !== null) throw new Error(`The host ended with ${child.exitCode}:\n${output}`);
  return {
    ...(JSON.parse(readFileSync(file, 'utf8')) as HostFile),
    pid: child.pid ?? 0,
    data,
    ended,
    output: () => output,
    stop: () => {
      child.kill('SIGINT');
      return ended;
    },
    hangUp: () => {
      child.stdout.destroy();
      child.stderr.destroy();
      process.kill(-(child.pid ?? 0), 'SIGHUP');
      return ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function ownFile(file: string, { pid }: ChildProcess): boolean {
  return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid === pid;
}

/** Waits for what a real process does in its own time; a busy machine may take many times its usual time. */
export async function until(condition: () => boolean | Promise<boolean>, describe: () => string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`It did not happen within ${PATIENCE_MS / 1000} s: ${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
