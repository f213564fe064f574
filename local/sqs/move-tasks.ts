import { randomUUID } from 'node:crypto';
import { AwsError } from '../aws/error.ts';
import type { Json } from '../aws/json-server.ts';
import type { Persistence, Queue, QueuedMessage, QueueStore } from './fauxqs.ts';
import { placeLast, takeFifo, waitingIn } from './fifo.ts';
import type { DeadLetterSources } from './repairs.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
interface MoveTask {
  readonly TaskHandle: string;
  readonly SourceArn: string;
  readonly DestinationArn?: string;
  readonly MaxNumberOfMessagesPerSecond?: number;
  readonly StartedTimestamp: number;
  readonly ApproximateNumberOfMessagesToMove: number;
  Status: 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';
  ApproximateNumberOfMessagesMoved: number;
  FailureReason?: string;
}

/** SQS moves at most 500 messages a second. */
const MOST_PER_SECOND = 500;
const TICKS_PER_SECOND = 10;

/** Redrive: messages of a dead-letter queue go back to where they came from, or elsewhere, as new messages. */
export class MoveTasks {
  readonly #tasks: MoveTask[] = [];
  readonly #store: QueueStore;
  readonly #persistence: Persistence;
  readonly #sources: DeadLetterSources;
  readonly #now: () => number;

  constructor(store: QueueStore, persistence: Persistence, sources: DeadLetterSources, now: () => number) {
    this.#store = store;
    this.#persistence = persistence;
    this.#sources = sources;
    this.#now = now;
  }

  start(input: Json): Json {
    const source = this.#queue(input['SourceArn'], 'SourceArn');
    if (deadLetterSourcesOf(this.#store, source.arn).length === 0) {
      throw new AwsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
    }
    if (input['DestinationArn'] !== undefined) this.#queue(input['DestinationArn'], 'DestinationArn');
    if (this.#tasks.some((task) => task.SourceArn === source.arn && task.Status === 'RUNNING')) {
      throw new AwsError('InvalidParameterValue', 'There is already a task running. Only one active task is allowed.');
    }
    const task: MoveTask = {
      TaskHandle: Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn: source.arn })).toString('base64'),
      SourceArn: source.arn,
      ...(typeof input['DestinationArn'] === 'string' && { DestinationArn: input['DestinationArn'] }),
      ...(typeof input['MaxNumberOfMessagesPerSecond'] === 'number' && {
        MaxNumberOfMessagesPerSecond: input['MaxNumberOfMessagesPerSecond'],
      }),
      StartedTimestamp: this.#now(),
      ApproximateNumberOfMessagesToMove: waitingIn(source),
      ApproximateNumberOfMessagesMoved: 0,
      Status: 'RUNNING',
    };
    this.#tasks.unshift(task);
    this.#moveSome(task, source);
    return { TaskHandle: task.TaskHandle };
  }

  list(input: Json): Json {
    const source = this.#queue(input['SourceArn'], 'SourceArn');
    const most = Math.min(Math.max(Number(input['MaxResults'] ?? 1), 1), 10);
    const tasks = this.#tasks.filter((task) => task.SourceArn === source.arn).slice(0, most);
    return {
      Results: tasks.map(({ TaskHandle, ...task }) => (task.Status === 'RUNNING' ? { TaskHandle, ...task } : task)),
    };
  }

  cancel(input: Json): Json {
    const task = this.#tasks.find(({ TaskHandle }) => TaskHandle === input['TaskHandle']);
    if (task?.Status !== 'RUNNING') throw new AwsError('ResourceNotFoundException', 'The task is not running.');
    task.Status = 'CANCELLED';
    return { ApproximateNumberOfMessagesMoved: task.ApproximateNumberOfMessagesMoved };
  }

  #queue(arn: unknown, name: string): Queue {
    if (typeof arn !== 'string') throw new AwsError('MissingParameter', `The request must contain ${name}.`);
    const queue = this.#store.getQueueByArn(arn);
    if (!queue) throw new AwsError('ResourceNotFoundException', `The queue of ${name} does not exist.`);
    return queue;
  }

  #moveSome(task: MoveTask, source: Queue): void {
    if (task.Status !== 'RUNNING') return;
    const perSecond = Math.min(task.MaxNumberOfMessagesPerSecond ?? MOST_PER_SECOND, MOST_PER_SECOND);
    const most = Math.max(1, Math.floor(perSecond / TICKS_PER_SECOND));
    for (let moved = 0; moved < most; moved += 1) {
      const allMoved = task.ApproximateNumberOfMessagesMoved >= task.ApproximateNumberOfMessagesToMove;
      const message = allMoved ? undefined : take(source);
      if (!message) {
        task.Status = 'COMPLETED';
        return;
      }
      const target = this.#targetOf(task, message);
      if (!target) {
        putBack(message, source);
        task.Status = 'FAILED';
        task.FailureReason = 'CouldNotDetermineMessageSource';
        return;
      }
      this.#move(message, target);
      task.ApproximateNumberOfMessagesMoved += 1;
    }
    setTimeout(() => this.#moveSome(task, source), 1000 / TICKS_PER_SECOND).unref();
  }

  #targetOf(task: MoveTask, message: QueuedMessage): Queue | undefined {
    const arn = task.DestinationArn ?? message.deadLetterSourceArn;
    return arn === undefined ? undefined : this.#store.getQueueByArn(arn);
  }

  /** "Redriven messages are considered new messages with a new messageID and enqueueTime." */
  #move(message: QueuedMessage, target: Queue): void {
    const { deadLetterSourceArn: _, ...rest } = message;
    const moved: QueuedMessage = {
      ...rest,
      messageId: randomUUID(),
      sentTimestamp: this.#now(),
      approximateReceiveCount: 0,
      approximateFirstReceiveTimestamp: undefined,
    };
    if (target.isFifo()) placeLast(moved, target, moved.sentTimestamp);
    this.#persistence.transaction(() => {
      this.#persistence.deleteMessage(message.messageId);
      this.#sources.forget(message.messageId);
      target.enqueue(moved);
    });
  }
}

function take(queue: Queue): QueuedMessage | undefined {
  return queue.isFifo() ? takeFifo(queue) : queue.messages.shift();
}

function putBack(message: QueuedMessage, queue: Queue): void {
  if (queue.isFifo()) queue.fifoMessages.get(message.messageGroupId ?? '')?.unshift(message);
  else queue.messages.unshift(message);
}

/** The queues whose redrive policy names this one. */
export function deadLetterSourcesOf(store: QueueStore, arn: string): Queue[] {
  return [...store.allQueues()].filter((queue) => {
    const policy = queue.attributes['RedrivePolicy'];
    if (!policy) return false;
    return (JSON.parse(policy) as { deadLetterTargetArn?: string }).deadLetterTargetArn === arn;
  });
}
