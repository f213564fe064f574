import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { standingThread, startedAsThread, startThread } from './adapters/threads.ts';
import { batchResponse } from './core/processing/batch-response.ts';
import { unitOf } from './core/processing/in-order.ts';
import { supervise } from './core/processing/supervise.ts';

/** A thread that stands still for so long is given up: what else is in its batch must not wait for it. */
const BLOCKED_AFTER_MS = 5_000;
/** For noting how a thread ended, before the function does. */
const NOTE_MS = 3_000;

/**
 * The function of one route. It runs nothing itself: the events are in threads of their own code (`thread.js`, made of
 * `lambdas/processor.ts` and the processor's file), so that one that blocks, exits or fills its memory ends its thread and
 * not the function.
 */
function processorFunction() {
  const memoryMebibytes = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 512);
  const standing = standingThread<SQSRecord>({ memoryMebibytes, patienceMs: BLOCKED_AFTER_MS });

  return middy(async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const remainingMs = context.getRemainingTimeInMillis();
    const taken = await supervise(event.Records, {
      invocation: context.awsRequestId,
      deadline: Date.now() + remainingMs,
      noteMs: Math.min(NOTE_MS, remainingMs / 4),
      now: () => Date.now(),
      unitOf,
      standing,
      fresh: (patienceMs) => startThread<SQSRecord>({ memoryMebibytes, patienceMs }),
    });
    return batchResponse(event.Records, taken);
  });
}

export const handler = startedAsThread() ? undefined : processorFunction();
