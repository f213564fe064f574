import type { Queue, QueueMessage } from '../../../lambdas/core/ports.ts';

/** A queue that keeps what is sent, or refuses it. */
export class MemoryQueue implements Queue {
  readonly sent: QueueMessage[] = [];
  down = false;

  send(message: QueueMessage): Promise<void> {
    if (this.down) return Promise.reject(new Error('SQS is down'));
    this.sent.push(message);
    return Promise.resolve();
  }
}
