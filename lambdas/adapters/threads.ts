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
const CELL = { started: 0, beats: 1, jobs: 2, verdicts: 3 } as const;
/** More messages than a batch may have. */
const MOST_MESSAGES = 64;
const STARTED = { well: 1, badly: 2 } as const;
const VERDICTS = [undefined, 'taken', 'returned', 'apart', 'alone', 'last'] as const satisfies readonly (
  Verdict | undefined
)[];
const START_MS = 20_000;
/** Of the function's memory, for the heap of a thread. */
const HEAP_SHARE = 0.6;
const BEAT_MS = 200;
/** Looks without a beat between them after which a thread counts as blocked. Looks and not time: a frozen sandbox does neither. */
const LOOK_MS = 500;
/** A handler fills hundreds of megabytes in the time between two looks at the memory. */
const MEMORY_LOOK_MS = 50;
/** Of the function's memory; at all of it Lambda kills the process. */
const MOST_MEMORY = 0.9;
/** What was used before a job is not of its doing, and it may use some more in any case. */
const LEAST_MEMORY_BYTES = 64 * 1024 * 1024;
/** A thread that is in the middle of a call out of JavaScript ends after it; nobody waits for that. */
const TERMINATION_MS = 1_000;

const BLOCKED = 'the handler blocked its thread';
const OUT_OF_MEMORY = 'the handler used more memory than it has';
const STDOUT = 1;
const WAITING = new Int32Array(new SharedArrayBuffer(4));

interface Start {
  /** The folder of its code. */
  readonly root: string;
  readonly shared: SharedArrayBuffer;
  readonly errors: MessagePort;
}

export interface ThreadOptions {
  /** The function's memory, in mebibytes. */
  readonly memoryMebibytes: number;
  /** How long it may stand still before it counts as blocked. */
  readonly patienceMs: number;
}

/** A thread that knows whether it has ever seen its last job. */
interface OneThread<Message extends Handed> extends Thread<Message> {
  readonly tookUpItsJob: () => boolean;
}

/**
 * A thread that goes on as a new one when it is lost. It may be lost between two jobs, by what a handler left behind, and
 * nobody may notice before the next job is there: no message of that is to suffer for it.
 */
export function standingThread<Message extends Handed>(options: ThreadOptions): Thread<Message> {
  let thread = startOne<Message>(options);
  return {
    async run(job) {
      const ran = await thread.run(job);
      if (thread.tookUpItsJob()) return ran;
      thread = startOne(options);
      return thread.run(job);
    },
    end: () => thread.end(),
  };
}

/** A thread for one job. */
export function startThread<Message extends Handed>(options: ThreadOptions): Thread<Message> {
  return startOne(options);
}

/**
 * Starts a thread of this function's code, beside this one. It is initialised when this returns, as Lambda expects of a
 * function's initialisation; what its code throws at that is thrown here.
 */
function startOne<Message extends Handed>({ memoryMebibytes, patienceMs }: ThreadOptions): OneThread<Message> {
  const cells = new Int32Array(new SharedArrayBuffer(4 * (CELL.verdicts + MOST_MESSAGES)));
  const errors = new MessageChannel();
  const root = process.env.LAMBDA_TASK_ROOT ?? process.cwd();
  const start: Start = { root, shared: cells.buffer, errors: errors.port2 };
  const worker = new Worker(join(root, 'index.js'), {
    workerData: start,
    transferList: [errors.port2],
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(memoryMebibytes * HEAP_SHARE) },
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
  let shared = false;
  let given = 0;
  let tell = () => {};
  const lose = (why: string) => {
    lost ??= why;
    tell();
  };
  worker.on('error', (error: unknown) => lose(uncaught(error)));
  worker.on('exit', (code) => lose(`the handler ended its thread (exit code ${code})`));

  function giveUp(why: string): void {
    lost ??= why;
    const late = setTimeout(() => tell(), TERMINATION_MS);
    void worker.terminate().finally(() => {
      clearTimeout(late);
      tell();
    });
  }

  return {
    tookUpItsJob: () => Atomics.load(cells, CELL.jobs) === given,
    async run(job) {
      given += 1;
      if (lost !== undefined) return { verdicts: [], lost };
      cells.fill(0, CELL.verdicts);
      const answered = new Promise<void>((resolve) => {
        tell = resolve;
        worker.once('message', resolve);
      });
      worker.ref();
      worker.postMessage({ job, traceId: process.env._X_AMZN_TRACE_ID });
      const watches = [watchBeats(), watchMemory(), watchTime(job.deadline)];
      await answered;
      for (const callOff of watches) callOff();
      // Not a reason for this process to stay, between invocations.
      worker.unref();
      const verdicts = job.messages.map((_, at) => VERDICTS[Atomics.load(cells, CELL.verdicts + at)]);
      return { verdicts, ...(lost !== undefined && { lost }), ...(shared && { shared }) } satisfies Ran;
    },
    end: () => void worker.terminate(),
  };

  function watchBeats(): () => void {
    let seen = -1;
    let without = 0;
    const timer = setInterval(() => {
      const beats = Atomics.load(cells, CELL.beats);
      without = beats === seen ? without + 1 : 0;
      seen = beats;
      if (without * LOOK_MS >= patienceMs && lost === undefined) giveUp(BLOCKED);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }

  /** Buffers are in no heap, so its limit does not hold them. */
  function watchMemory(): () => void {
    const most = Math.max(memoryMebibytes * 1024 * 1024 * MOST_MEMORY, process.memoryUsage.rss() + LEAST_MEMORY_BYTES);
    const timer = setInterval(() => {
      if (lost !== undefined || process.memoryUsage.rss() <= most) return;
      shared = true;
      giveUp(OUT_OF_MEMORY);
    }, MEMORY_LOOK_MS);
    return () => clearInterval(timer);
  }

  function watchTime(deadline: number): () => void {
    const timer = setTimeout(
      () => {
        if (lost === undefined) giveUp(BLOCKED);
      },
      Math.max(0, deadline - Date.now()),
    );
    return () => clearTimeout(timer);
  }
}

/** Whether this is one of the threads; then its code is loaded here, and whoever started it hears how that went. */
export function startedAsThread(): boolean {
  if (isMainThread) return false;
  const { root, shared, errors } = workerData as Start;
  const cells = new Int32Array(shared);
  process.stdout.write = writeAtOnce;
  let started: number = STARTED.well;
  try {
    createRequire(join(root, 'index.js'))(`./${CODE}`);
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
    Atomics.add(cells, CELL.jobs, 1);
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
function uncaught(error: unknown): string {
  const what = 'an error that nobody caught';
  try {
    if (!(error instanceof Error)) return `${what}: not an Error`;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') return OUT_OF_MEMORY;
    return `${what}: ${error.name}${code === undefined ? '' : ` ${code}`}`;
  } catch {
    return `${what}: not an Error`;
  }
}
