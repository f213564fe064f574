import type { InvocationResult, LambdaFunction } from './lambda-function.ts';
import type { RuntimeError } from './runtime-api.ts';
import { Sandbox, type SandboxHost } from './sandbox.ts';

export interface PoolOptions {
  readonly host: SandboxHost;
  /** Most sandboxes of one function at a time: two cores don't gain from more. */
  readonly most: number;
  /** Told when a function can't be initialised, times out, or dies. */
  readonly report: (lambda: LambdaFunction, type: string, message: string) => void;
  /** Told of each invocation that ends well. */
  readonly succeeded: (lambda: LambdaFunction) => void;
}

interface Waiting {
  readonly payload: string;
  readonly settle: (result: InvocationResult) => void;
  readonly since: number;
}

/** An invocation waits this long for a busy sandbox before another is started: starting one costs more than that. */
const PATIENCE_MS = 40;
/** An idle sandbox is given back after this time, all but the last one. */
const IDLE_MS = 60_000;

/** All sandboxes of one function. */
export class Pool {
  lambda: LambdaFunction;
  readonly #options: PoolOptions;
  #sandboxes = new Set<Sandbox>();
  #idle: { sandbox: Sandbox; since: number }[] = [];
  #queue: Waiting[] = [];
  #starting = 0;
  #patience: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(lambda: LambdaFunction, options: PoolOptions) {
    this.lambda = lambda;
    this.#options = options;
  }

  get #most(): number {
    return Math.max(1, Math.min(this.#options.most, this.lambda.reservedConcurrency ?? Infinity));
  }

  invoke(payload: string): Promise<InvocationResult> {
    return new Promise((settle) => {
      this.#queue.push({ payload, settle, since: performance.now() });
      this.#dispatch();
    });
  }

  /** Starts a sandbox before it is needed and waits for its initialisation. */
  async warm(): Promise<void> {
    if (this.#sandboxes.size === 0) this.#grow();
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.ready));
  }

  /**
   * From now on events go to new sandboxes with this code; what runs may finish. A function that had a sandbox gets one
   * at once: fulfilled when it is initialised, or with the reason why it could not be.
   */
  async replace(lambda: LambdaFunction): Promise<RuntimeError | undefined> {
    this.lambda = lambda;
    const used = this.#sandboxes.size > 0;
    for (const { sandbox } of this.#idle) sandbox.kill();
    this.#idle = [];
    return used && !this.#closed ? this.#grow().ready : undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#patience);
    for (const { settle } of this.#queue)
      settle({ ok: false, type: 'Host.Stopping', message: 'The host is stopping.' });
    this.#queue = [];
    const all = [...this.#sandboxes];
    for (const sandbox of all) sandbox.kill();
    await Promise.all(all.map((sandbox) => sandbox.gone));
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const sandbox = this.#idle.pop()?.sandbox;
      if (!sandbox) break;
      if (sandbox.dead) continue;
      const work = this.#queue.shift();
      if (work) void this.#run(sandbox, work);
    }
    if (this.#queue.length > 0) this.#growWhenWorthwhile();
  }

  async #run(sandbox: Sandbox, work: Waiting): Promise<void> {
    const result = await sandbox.invoke(work.payload);
    if (result.ok) this.#options.succeeded(this.lambda);
    else this.#options.report(this.lambda, result.type, result.message);
    work.settle(result);
  }

  #growWhenWorthwhile(): void {
    if (this.#closed || this.#sandboxes.size >= this.#most) return;
    if (this.#sandboxes.size === 0) return void this.#grow();
    this.#patience ??= setTimeout(() => {
      this.#patience = undefined;
      const [first] = this.#queue;
      if (!first) return;
      if (this.#starting === 0 && performance.now() - first.since >= PATIENCE_MS - 1) this.#grow();
      this.#growWhenWorthwhile();
    }, PATIENCE_MS);
  }

  #grow(): Sandbox {
    const sandbox = new Sandbox(this.lambda, this.#options.host);
    const { lambda } = this;
    this.#sandboxes.add(sandbox);
    this.#starting += 1;
    sandbox.onIdle = () => {
      // The code was replaced while it ran.
      if (sandbox.lambda !== this.lambda) return sandbox.kill();
      this.#idle.push({ sandbox, since: performance.now() });
      this.#dispatch();
    };
    void sandbox.ready.then((error) => {
      this.#starting -= 1;
      if (!error) return;
      if (this.#closed) return;
      this.#options.report(lambda, error.errorType, `could not be initialised: ${error.errorMessage}`);
      // Like Lambda: the invocation that asked for the sandbox gets the error.
      this.#queue.shift()?.settle({ ok: false, type: error.errorType, message: error.errorMessage });
    });
    void sandbox.gone.then(() => {
      this.#sandboxes.delete(sandbox);
      this.#idle = this.#idle.filter((entry) => entry.sandbox !== sandbox);
      if (!this.#closed) this.#dispatch();
    });
    return sandbox;
  }

  /** Gives back sandboxes that had nothing to do for a while; called now and then. */
  reap(): void {
    const now = performance.now();
    for (const { sandbox, since } of this.#idle.slice(0, -1)) if (now - since > IDLE_MS) sandbox.kill();
  }
}
