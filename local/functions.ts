import { availableParallelism } from 'node:os';
import { Pool } from './lambda/pool.ts';
import type { InvocationResult, LambdaFunction } from './lambda/lambda-function.ts';
import type { LogFiles } from './log-files.ts';
import type { Endpoints } from './services.ts';
import type { Desired } from './template/desired.ts';

export interface FunctionsOptions {
  readonly desired: Desired;
  readonly region: string;
  readonly endpoints: Endpoints;
  /** Lambda's own API. */
  readonly lambdaEndpoint: string;
  readonly cloudWatchEndpoint: string;
  /** CloudWatch Logs, for what is not written to a function's own log. */
  readonly logsEndpoint: string;
  /** AWS WAF's API. */
  readonly wafEndpoint: string;
  readonly logs: LogFiles;
  readonly born: (pid: number) => void;
  readonly died: (pid: number) => void;
  readonly report: (lambda: LambdaFunction, type: string, message: string) => void;
  readonly succeeded: (lambda: LambdaFunction) => void;
}

/** All functions of the template, by name and by ARN. */
export class Functions {
  readonly #pools = new Map<string, Pool>();
  readonly #reaper: NodeJS.Timeout;

  constructor({ desired, logs, report, succeeded, ...surroundings }: FunctionsOptions) {
    const foreground = new Set(desired.methods.map(({ functionArn }) => functionArn));
    for (const template of desired.functions) {
      const lambda: LambdaFunction = { ...template, background: !foreground.has(template.arn) };
      const host = { ...surroundings, log: logs.open(lambda.label) };
      // More than the processors would only share them, and each would warm up more slowly.
      const pool = new Pool(lambda, { host, most: Math.max(2, availableParallelism()), report, succeeded });
      this.#pools.set(lambda.name, pool).set(lambda.arn, pool);
    }
    this.#reaper = setInterval(() => this.all.forEach((pool) => pool.reap()), 10_000);
  }

  get all(): readonly Pool[] {
    return [...new Set(this.#pools.values())];
  }

  /** By name or ARN. */
  get(nameOrArn: string): Pool {
    const pool = this.#pools.get(nameOrArn);
    if (!pool) throw new Error(`The template has no function ${nameOrArn}.`);
    return pool;
  }

  invoke(nameOrArn: string, event: string): Promise<InvocationResult> {
    return this.get(nameOrArn).invoke(event);
  }

  async close(): Promise<void> {
    clearInterval(this.#reaper);
    await Promise.all(this.all.map((pool) => pool.close()));
  }
}
