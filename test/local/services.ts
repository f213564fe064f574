import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Rules } from '../../local/iam/rules.ts';
import { removeData } from '../support/host.ts';
import type { Endpoints, FromServices, ServicesOptions } from '../../local/services.ts';

/** Credentials that the emulators do not look at. */
export const CREDENTIALS = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

/** The data services as the host runs them, on a folder of the test's own. */
export class TestServices {
  readonly data = mkdtempSync(join(tmpdir(), 'hookgate-test-'));
  #child: ChildProcess | undefined;

  async start(options: Partial<ServicesOptions> = {}): Promise<Endpoints> {
    const child = fork(resolve('local/services.ts'), { execArgv: ['--disable-warning=ExperimentalWarning'] });
    this.#child = child;
    child.send({
      kind: 'start',
      options: { data: this.data, region: 'us-east-1', account: '000000000000', ...options },
    });
    return new Promise((ready, fail) => {
      child.on('message', (message: FromServices) => {
        if (message.kind === 'ready') ready(message.endpoints);
        else if (message.kind === 'failed') fail(new Error(message.sentence));
      });
    });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Holds functions to the rules from now on. */
  async bind(rules: Rules, file: string): Promise<void> {
    const bound = new Promise<void>((done) =>
      this.#child?.on('message', (message: FromServices) => {
        if (message.kind === 'bound') done();
      }),
    );
    this.send({ kind: 'bind', rules, file });
    await bound;
  }

  /** Ends the process without a word, as a crash does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await new Promise((done) => child.once('exit', done));
  }

  async restart(options: Partial<ServicesOptions> = {}): Promise<Endpoints> {
    await this.kill();
    return this.start(options);
  }

  /** Runs the functions that the services call, as the host does. */
  invokeBy(invoke: (functionArn: string, event: string) => Promise<string | undefined>): void {
    this.#child?.on('message', (message: FromServices) => {
      if (message.kind !== 'invoke') return;
      void invoke(message.functionArn, message.event).then((failure) =>
        this.send({ kind: 'invoked', id: message.id, ...(failure !== undefined && { failure }) }),
      );
    });
  }

  send(message: object): void {
    this.#child?.send(message);
  }

  disconnect(): void {
    this.#child?.disconnect();
  }

  async end(): Promise<void> {
    await this.kill();
    removeData(this.data);
  }
}

/** Asks again until it is so, or fails after some seconds. */
export async function eventually<T>(ask: () => Promise<T | undefined> | T | undefined, seconds = 60): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`It did not happen within ${seconds} s.`);
    await new Promise((done) => setTimeout(done, 25));
  }
}
