import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { standingThread, startThread } from '../../../lambdas/adapters/threads.ts';
import type { Handed, Job } from '../../../lambdas/core/processing/supervise.ts';
import { until } from '../../support/host.ts';

const THREADS = join(import.meta.dirname, '../../../lambdas/adapters/threads.ts');

let root: string;
let before: string | undefined;

/** A function whose thread does with a message what its id says. */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'hookgate-threads-'));
  writeFileSync(join(root, 'index.js'), `require(${JSON.stringify(THREADS)}).startedAsThread();`);
  writeFileSync(
    join(root, 'thread.js'),
    `const { writeFileSync } = require('node:fs');
    const kept = [];
    process.on('exit', () => writeFileSync(${JSON.stringify(join(root, 'ended'))}, ''));
    require(${JSON.stringify(THREADS)}).serveJobs(async ({ messages }, done) => {
      for (const [at, { messageId }] of messages.entries()) {
        if (messageId === 'block') for (;;);
        while (messageId === 'fill') {
          kept.push(Buffer.alloc(8 * 1024 * 1024, 1));
          // Not faster than somebody looks.
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        if (messageId === 'leave-a-bomb') setTimeout(() => Promise.reject(new RangeError('late')), 10);
        done(at, 'taken');
      }
    });`,
  );
  before = process.env.LAMBDA_TASK_ROOT;
  process.env.LAMBDA_TASK_ROOT = root;
});

afterAll(() => {
  if (before === undefined) delete process.env.LAMBDA_TASK_ROOT;
  else process.env.LAMBDA_TASK_ROOT = before;
  rmSync(root, { recursive: true, force: true });
});

function job(...ids: string[]): Job<Handed> {
  const messages = ids.map((messageId) => ({ messageId }));
  return { messages, invocation: 'i', deadline: Date.now() + 30_000, place: 'together' };
}

const OPTIONS = { memoryMebibytes: 128, patienceMs: 20_000 };

test('a thread that dies between two batches, of what a handler left behind, is replaced before the next one', async () => {
  const thread = standingThread(OPTIONS);
  expect(await thread.run(job('leave-a-bomb'))).toMatchObject({ verdicts: ['taken'] });
  await until(
    () => existsSync(join(root, 'ended')),
    () => 'the thread lives',
  );

  expect(await thread.run(job('a', 'b'))).toEqual({ verdicts: ['taken', 'taken'] });
  thread.end();
});

test('a thread that stands still is given up with the reason, and what had ended before counts', async () => {
  const thread = startThread({ ...OPTIONS, patienceMs: 5_000 });
  expect(await thread.run(job('a', 'block', 'b'))).toEqual({
    verdicts: ['taken', undefined, undefined],
    lost: 'the handler blocked its thread',
  });
});

test('a thread whose buffers use up the function’s memory is ended, and the next one has all of it', async () => {
  const thread = standingThread(OPTIONS);
  expect(await thread.run(job('fill'))).toEqual({
    verdicts: [undefined],
    lost: 'the handler used more memory than it has',
    shared: true,
  });
  expect(await thread.run(job('a'))).toEqual({ verdicts: ['taken'] });
  thread.end();
});
