import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostFile } from '../../../local/data-folder.ts';
import { jsonClient } from '../../../local/aws/json-client.ts';
import { freePort } from '../free-port.ts';
import { kill, victimsOf } from './victims.ts';

const START_WITHIN_MS = 240_000;

/** One gateway over many lives: the same data folder, the same port, a new process after each end. */
export class Gateway {
  readonly data: string;
  readonly port: number;
  restarts = 0;
  #child: ChildProcess | undefined;
  #up: Promise<void> = Promise.resolve();

  private constructor(data: string, port: number) {
    this.data = data;
    this.port = port;
  }

  /** Synthesises once: a restart takes the assembly as it is. @param which of the configurations of `synthesise.ts` */
  static async start(data: string, which = 'trial'): Promise<Gateway> {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, 'synthesise.ts'), join(data, 'assembly'), which],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`The stack could not be synthesised:\n${stderr}`);
    const gateway = new Gateway(data, await freePort());
    await gateway.#start();
    return gateway;
  }

  /** Fulfilled at once while it runs, else when it does again. */
  readonly whenUp = (): Promise<void> => this.#up;

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('The host has not been started.');
    return pid;
  }

  get host(): HostFile {
    return JSON.parse(readFileSync(join(this.data, 'host.json'), 'utf8')) as HostFile;
  }

  /** Kills the host, which takes everything with it; or all of its processes in one moment. Starts it again. */
  async killHost(everything: boolean): Promise<void> {
    const child = this.#child;
    if (!child) throw new Error('nothing runs');
    const others = everything ? victimsOf(this.pid) : [];
    for (const pid of [this.pid, ...others.map((victim) => victim.pid)]) kill(pid);
    this.#up = new Promise<void>((ended) => child.once('exit', () => ended())).then(() => this.#start());
    this.restarts++;
    await this.#up;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGINT');
    await new Promise((ended) => child.once('exit', ended));
  }

  /** What a source's provider would have been given. */
  async secret(source: string): Promise<string> {
    const { endpoints, stage } = this.host;
    const client = jsonClient(endpoints.secretsmanager, 'secretsmanager');
    const answer = await client.call('GetSecretValue', { SecretId: `hookgate/${stage}/${source}` });
    client.close();
    return String(answer['SecretString']);
  }

  async #start(): Promise<void> {
    const log = openSync(join(this.data, 'host.log'), 'a');
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'host.ts'), join(this.data, 'assembly')],
      {
        env: { ...process.env, HOOKGATE_DATA: this.data, PORT: String(this.port) },
        stdio: ['ignore', log, log],
      },
    );
    closeSync(log);
    this.#child = child;
    const deadline = performance.now() + START_WITHIN_MS;
    while (!this.#ready(child)) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`The host did not start: ${join(this.data, 'host.log')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** It writes its file when it takes requests. */
  #ready({ pid }: ChildProcess): boolean {
    return existsSync(join(this.data, 'host.json')) && this.host.pid === pid;
  }
}
