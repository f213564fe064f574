import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setPriority } from 'node:os';
import { createRequire } from 'node:module';
import type { RunningService } from '../aws/json-server.ts';
import type { Endpoints } from '../services.ts';
import { environmentOf } from './environment.ts';
import type { InvocationResult, LambdaFunction } from './lambda-function.ts';
import { type RuntimeError, serveRuntimeApi } from './runtime-api.ts';

export interface SandboxHost {
  readonly region: string;
  readonly endpoints: Endpoints;
  /** Lambda's own API. */
  readonly lambdaEndpoint: string;
  /** AWS WAF's API. */
  readonly wafEndpoint: string;
  readonly cloudWatchEndpoint: string;
  readonly logsEndpoint: string;
  /** File descriptor that takes the function's output. */
  readonly log: number;
  /** Called with every process that starts and ends, so that a watchdog knows whom to kill. */
  readonly born: (pid: number) => void;
  readonly died: (pid: number) => void;
}

const RUNTIME = createRequire(import.meta.url).resolve('aws-lambda-ric');
const CLIENT = new URL('./rapid-client.ts', import.meta.url).href;
/** Lambda gives the first initialisation 10 s; two slow cores running other things get more. */
const INIT_TIMEOUT_MS = 120_000;

interface Running {
  readonly id: string;
  readonly settle: (result: InvocationResult) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One execution environment: a process with AWS's runtime that is initialised once, runs one invocation at a time, does
 * not run at all in between (SIGSTOP), and is killed at the function's timeout.
 */
export class Sandbox {
  readonly lambda: LambdaFunction;
  /** Fulfilled when the function is initialised, or with the reason why it could not be. */
  readonly ready: Promise<RuntimeError | undefined>;
  readonly gone: Promise<void>;
  /** Set by the pool: called whenever this sandbox can take work. */
  onIdle: () => void = () => undefined;
  #process: ChildProcess | undefined;
  #api: RunningService | undefined;
  #waiting: ServerResponse | undefined;
  #running: Running | undefined;
  #frozen = false;
  #dead = false;
  #initError: RuntimeError | undefined;
  #settleReady: (error: RuntimeError | undefined) => void = () => undefined;
  #settleGone: () => void = () => undefined;

  constructor(lambda: LambdaFunction, host: SandboxHost) {
    this.lambda = lambda;
    this.ready = new Promise((resolve) => (this.#settleReady = resolve));
    this.gone = new Promise((resolve) => (this.#settleGone = resolve));
    this.#start(host).catch((error: unknown) =>
      this.#end({ errorType: 'Runtime.StartError', errorMessage: String(error) }),
    );
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Runs one event. Only when `ready` and nothing else runs here. */
  invoke(payload: string): Promise<InvocationResult> {
    return new Promise((settle) => {
      const response = this.#waiting;
      if (this.#dead || !response) {
        settle({ ok: false, type: 'Runtime.ExitError', message: 'The runtime is gone.' });
        return;
      }
      this.#waiting = undefined;
      const id = randomUUID();
      const { timeoutMs } = this.lambda;
      const timer = setTimeout(() => this.#timeOut(id), timeoutMs);
      this.#running = { id, settle, timer };
      this.#thaw();
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(payload),
        'lambda-runtime-aws-request-id': id,
        'lambda-runtime-deadline-ms': String(Date.now() + timeoutMs),
        'lambda-runtime-invoked-function-arn': this.lambda.arn,
        'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Sampled=0',
      });
      response.end(payload);
    });
  }

  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  async #start(host: SandboxHost): Promise<void> {
    const api = await serveRuntimeApi({
      next: (response) => this.#next(response),
      answered: (id, payload) => this.#settle(id, { ok: true, payload }),
      failed: (id, error) => this.#settle(id, { ok: false, type: error.errorType, message: error.errorMessage }),
      initFailed: (error) => (this.#initError = error),
    });
    this.#api = api;
    const child = spawn(
      process.execPath,
      [
        ...heapLimit(this.lambda.memoryMb),
        '--disable-warning=ExperimentalWarning',
        '--import',
        CLIENT,
        RUNTIME,
        this.lambda.handler,
      ],
      {
        cwd: this.lambda.code,
        env: environmentOf(this.lambda, { ...host, runtimeApi: api.address, stream: randomUUID() }),
        stdio: ['ignore', host.log, host.log],
        // A process group of its own: Ctrl-C in the terminal is the host's to answer.
        detached: true,
      },
    );
    this.#process = child;
    const { pid } = child;
    if (pid !== undefined) {
      host.born(pid);
      // Not before it is initialised: Lambda gives most then, and on a busy machine it would not be ready in time.
      if (this.lambda.background) void this.ready.then(() => lowerPriority(pid));
    }
    const slow = setTimeout(() => {
      this.#initError = { errorType: 'Sandbox.Timedout', errorMessage: `Init took more than ${INIT_TIMEOUT_MS} ms.` };
      this.kill();
    }, INIT_TIMEOUT_MS);
    void this.ready.then(() => clearTimeout(slow));
    child.on('error', (error) => this.#end({ errorType: 'Runtime.StartError', errorMessage: error.message }));
    child.on('exit', (code, signal) => {
      if (pid !== undefined) host.died(pid);
      this.#end(exitError(code, signal));
    });
  }

  #next(response: ServerResponse): void {
    this.#waiting = response;
    this.#settleReady(undefined);
    this.onIdle();
    // Nothing waited for it.
    if (this.#waiting === response) this.#freeze();
  }

  #settle(id: string, result: InvocationResult): void {
    if (this.#running?.id !== id) return;
    const { settle, timer } = this.#running;
    clearTimeout(timer);
    this.#running = undefined;
    settle(result);
  }

  #timeOut(id: string): void {
    const seconds = (this.lambda.timeoutMs / 1000).toFixed(2);
    const message = `${id} Task timed out after ${seconds} seconds`;
    this.#settle(id, { ok: false, type: 'Sandbox.Timedout', message });
    this.kill();
  }

  #end(error: RuntimeError): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#settleReady(this.#initError ?? error);
    if (this.#running)
      this.#settle(this.#running.id, { ok: false, type: error.errorType, message: error.errorMessage });
    this.#waiting?.destroy();
    this.#waiting = undefined;
    void this.#api?.close();
    this.#settleGone();
  }

  #freeze(): void {
    this.#frozen = this.#process?.kill('SIGSTOP') ?? false;
  }

  #thaw(): void {
    if (this.#frozen) this.#process?.kill('SIGCONT');
    this.#frozen = false;
  }
}

function heapLimit(memoryMb: number): string[] {
  // The rest of the memory is Node itself and buffers; the share is what AWS's runtime sets.
  return [`--max-old-space-size=${Math.max(32, Math.floor(memoryMb * 0.9))}`];
}

/** A thirtieth of what others get when all want it: a provider waits for its answer, an event in a queue does not. */
const LOWER = 15;

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, LOWER);
    // Linux shares processors out between sessions first, and each sandbox is a session of its own: without this, the
    // priority within it counts for nothing. https://man7.org/linux/man-pages/man7/sched.7.html, "The autogroup feature"
    writeFileSync(`/proc/${pid}/autogroup`, String(LOWER));
  } catch {
    // A courtesy to the acknowledgements, not a need; and it may be gone, or another system has no such file.
  }
}

function exitError(code: number | null, signal: NodeJS.Signals | null): RuntimeError {
  if (signal === 'SIGABRT') {
    return { errorType: 'Runtime.OutOfMemory', errorMessage: 'The function used more memory than it has.' };
  }
  const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
  return { errorType: 'Runtime.ExitError', errorMessage: `The runtime exited: ${how}` };
}
