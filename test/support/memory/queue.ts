import type { Queue } from '../../../lambdas/core/ports.ts';

export interface Sent {
  readonly source: string;
  readonly route: string;
  readonly body: string;
}

/** A queue that keeps what is sent, or refuses it. */
export class MemoryQueue implements Queue {
  readonly sent: Sent[] = [];
  down = false;

  send(message: Sent): Promise<void> {
    if (this.down) return Promise.reject(new Error('SQS is down'));
    this.sent.push(message);
    return Promise.resolve();
  }
}
