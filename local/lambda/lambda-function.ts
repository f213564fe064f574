/** One `AWS::Lambda::Function` of the template, with everything resolved. */
export interface LambdaFunction {
  /** Its logical id; also its access key id, so that a service can tell who calls. */
  readonly id: string;
  /** Physical name: what the function sees as its own name. */
  readonly name: string;
  /** What a person calls it: names its log file. */
  readonly label: string;
  readonly arn: string;
  /** What it may call is what this role may. */
  readonly roleArn: string;
  /** `<file>.<export>`, such as `index.handler`. */
  readonly handler: string;
  /** Folder with the function's files. */
  readonly code: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  /** `Text` or `JSON`: how `console` writes. */
  readonly logFormat: string;
  /** Name of the log group that it writes to. */
  readonly logGroup?: string;
  /** `ReservedConcurrentExecutions`, when the template sets it. */
  readonly reservedConcurrency?: number;
  /** Runs in the background of others: it gets the processor when nothing else wants it. */
  readonly background: boolean;
}

/** What came of one invocation. */
export type InvocationResult =
  | { readonly ok: true; readonly payload: Buffer }
  /** `type` as Lambda names it: the exception's name, `Sandbox.Timedout`, `Runtime.ExitError`, … */
  | { readonly ok: false; readonly type: string; readonly message: string };
