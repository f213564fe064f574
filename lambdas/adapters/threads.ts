import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  isMainThread,
  MessageChannel,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { Handed, Job, Ran, Thread, Verdict } from '../core/processing/supervise.ts';

/** Beside `index.js`: what runs in the threads. */
const CODE = 'thread.js';
/** Cells of the memory that both sides share. */
const CELL = { started: 0, beats: 1, verdicts: 2 } as const;
/** More messages than a batch may have. */
const MOST_MESSAGES = 64;
const STARTED = { well: 1, badly: 2 } as const;
const VERDICTS = [undefined, 'taken', 'returned', 'apart'] as const satisfies readonly (Verdict | undefined)[];
const START_MS = 20_000;
const BEAT_MS = 200;
/** Looks without a beat between them after which a thread counts as blocked. Looks and not time: a frozen sandbox does neither. */
const LOOK_MS = 500;

const STDOUT = 1;
const WAITING = new Int32Array(new SharedArrayBuffer(4));

interface Start {
  readonly shared: SharedArrayBuffer;
  readonly errors: MessagePort;
}

export interface ThreadOptions {
  /** Of its heap. */
  readonly memoryMebibytes: number;
  /** How long it may stand still before it counts as blocked; without it, a job that does not end by its deadline is lost. */
  readonly blockedAfterMs?: number;
}

/**
 * Starts a thread of this function's code, beside this one. It is initialised when this returns, as Lambda expects of a
 * function's initialisation; what its code throws at that is thrown here.
 */
export function startThread<Message extends Handed>({
  memoryMebibytes,
  blockedAfterMs,
}: ThreadOptions): Thread<Message> {
  const cells = new Int32Array(new SharedArrayBuffer(4 * (CELL.verdicts + MOST_MESSAGES)));
  const errors = new MessageChannel();
  const start: Start = { shared: cells.buffer, errors: errors.port2 };
  const worker = new Worker(join(taskRoot(), 'index.js'), {
    workerData: start,
    transferList: [errors.port2],
    resourceLimits: { maxOldGenerationSizeMb: memoryMebibytes },
    // What the runtime was started with is for the runtime.
    execArgv: [],
  });
  Atomics.wait(cells, CELL.started, 0, START_MS);
  if (Atomics.load(cells, CELL.started) !== STARTED.well) {
    const thrown: unknown = receiveMessageOnPort(errors.port1)?.message;
    void worker.terminate();
    throw thrown instanceof Error ? thrown : new Error(`The processor's thread did not start: ${String(thrown)}`);
  }
  errors.port1.close();

  let lost: string | undefined;
  let tell = () => {};
  const lose = (why: string) => {
    lost ??= why;
    tell();
  };
  worker.on('error', (error: unknown) => lose(`an error that nobody caught: ${nameOf(error)}`));
  worker.on('exit', (code) => lose(`the handler ended its thread (exit code ${code})`));

  return {
    async run(job) {
      cells.fill(0, CELL.verdicts);
      const answered = new Promise<void>((resolve) => {
        tell = resolve;
        worker.once('message', resolve);
      });
      worker.ref();
      worker.postMessage({ job, traceId: process.env._X_AMZN_TRACE_ID });
      const watch = blockedAfterMs === undefined ? byDeadline(job.deadline) : byBeats(blockedAfterMs);
      await answered;
      watch();
      // Not a reason for this process to stay, between invocations.
      worker.unref();
      const verdicts = job.messages.map((_, at) => VERDICTS[Atomics.load(cells, CELL.verdicts + at)]);
      return { verdicts, ...(lost !== undefined && { lost }) } satisfies Ran;
    },
    end: () => void worker.terminate(),
  };

  function byBeats(ms: number): () => void {
    let seen = -1;
    let without = 0;
    const timer = setInterval(() => {
      const beats = Atomics.load(cells, CELL.beats);
      without = beats === seen ? without + 1 : 0;
      seen = beats;
      if (without * LOOK_MS < ms) return;
      lost ??= `the handler blocked its thread for ${Math.round(ms / 1000)} s`;
      void worker.terminate();
    }, LOOK_MS);
    return () => clearInterval(timer);
  }

  function byDeadline(deadline: number): () => void {
    const timer = setTimeout(() => {
      lost ??= 'the handler blocked its thread until its time was over';
      void worker.terminate();
    }, deadline - Date.now());
    return () => clearTimeout(timer);
  }
}

/** Whether this is one of the threads; then its code is loaded here, and whoever started it hears how that went. */
export function startedAsThread(): boolean {
  if (isMainThread) return false;
  const { shared, errors } = workerData as Start;
  const cells = new Int32Array(shared);
  process.stdout.write = writeAtOnce;
  let started: number = STARTED.well;
  try {
    createRequire(join(taskRoot(), 'index.js'))(`./${CODE}`);
  } catch (error) {
    errors.postMessage(error);
    started = STARTED.badly;
  }
  errors.close();
  Atomics.store(cells, CELL.started, started);
  Atomics.notify(cells, CELL.started);
  return true;
}

/**
 * A thread's own standard output goes through the process's first thread, later: a sandbox that is frozen once it has
 * answered would keep the last lines until it is thawed, or for ever.
 * https://nodejs.org/docs/latest-v24.x/api/worker_threads.html#considerations-when-using-synchronous-blocking-of-stdio
 */
function writeAtOnce(chunk: string | Uint8Array): boolean {
  let rest = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(STDOUT, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // Whoever reads the pipe is behind.
      Atomics.wait(WAITING, 0, 0, 1);
    }
  }
  return true;
}

/** The thread's side: does the jobs that come, one after the other. `done` says what became of the message at a place. */
export function serveJobs<Message extends Handed>(
  work: (job: Job<Message>, done: (at: number, verdict: Verdict) => void) => Promise<void>,
): void {
  const cells = new Int32Array((workerData as Start).shared);
  parentPort?.on('message', ({ job, traceId }: { job: Job<Message>; traceId: string | undefined }) => {
    if (traceId !== undefined) process.env._X_AMZN_TRACE_ID = traceId;
    const beat = setInterval(() => Atomics.add(cells, CELL.beats, 1), BEAT_MS);
    const done = (at: number, verdict: Verdict) => Atomics.store(cells, CELL.verdicts + at, VERDICTS.indexOf(verdict));
    void work(job, done).finally(() => {
      clearInterval(beat);
      parentPort?.postMessage('answered');
    });
  });
}

/** An uncaught error's name only: its message may say what was in an event, and it is no longer known in which. */
function nameOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return 'not an Error';
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') return 'the handler used more memory than it has';
    return code === undefined ? error.name : `${error.name} ${code}`;
  } catch {
    return 'not an Error';
  }
}

function taskRoot(): string {
  return process.env.LAMBDA_TASK_ROOT ?? process.cwd();
}
