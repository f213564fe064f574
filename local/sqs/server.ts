import { AwsError } from '../aws/error.ts';
import { type Action, type Json, type RunningService, serveJson } from '../aws/json-server.ts';
import type { Guard } from '../iam/guard.ts';
import { sqsNeeds } from '../iam/needs/sqs.ts';
import {
  type FauxqsError,
  loadActions,
  newQueueStore,
  type Persistence,
  type Queue,
  type QueueAction,
  type QueueStore,
  type ReceivedMessage,
} from './fauxqs.ts';
import { checkFifoIds, repairFifo } from './fifo.ts';
import { deadLetterSourcesOf, MoveTasks } from './move-tasks.ts';
import { DeadLetterSources, releaseHeld, repairReceive, repairUrls, repairVisibilityZero } from './repairs.ts';
import { queueMetrics } from './queue-metrics.ts';
import { dropExpired } from './retention.ts';

export interface SqsOptions {
  readonly persistence: Persistence;
  readonly region: string;
  /** Milliseconds since the epoch; used by retention and move tasks (fauxqs itself reads the system's clock). */
  readonly now: () => number;
  readonly sweepEveryMs: number;
  /** Whether messages in flight at the last end are visible at once: nobody else receives from these queues. */
  readonly releaseHeldMessages: boolean;
  readonly guard: Guard;
  /** Of the queues' ARNs: `arn:aws:sqs:<region>:<account>:`. */
  readonly arnPrefix: string;
}

/** SQS on this machine: fauxqs on disk with its gaps filled. */
export async function startSqs(options: SqsOptions): Promise<RunningService> {
  const { persistence, region, now, sweepEveryMs, releaseHeldMessages, guard, arnPrefix } = options;
  const store = await newQueueStore();
  store.region = region;
  // Empty: a queue's URL then names the host that the request was sent to, which is loopback.
  store.host = '';
  repairVisibilityZero(persistence);
  persistence.loadSqsQueues(store);
  store.persistence = persistence;
  const sources = new DeadLetterSources(persistence);
  sources.restore(store);
  const repair = (queue: Queue) => {
    repairFifo(queue);
    repairReceive(queue, persistence, sources);
  };
  for (const queue of store.allQueues()) {
    queue.persistence = persistence;
    repair(queue);
  }
  if (releaseHeldMessages) releaseHeld(store);

  const own = await loadActions();
  const tasks = new MoveTasks(store, persistence, sources, now);
  const actions = new Map<string, Action>();
  for (const [name, action] of own) actions.set(name, inAwsTerms(action, store));
  actions.set('CreateQueue', createQueue(actions, store, repair));
  actions.set('ReceiveMessage', receiveMessage(actions, store));
  actions.set('SendMessage', sendMessage(actions));
  actions.set('SetQueueAttributes', setQueueAttributes(actions, store));
  for (const name of ['SendMessageBatch', 'DeleteMessageBatch', 'ChangeMessageVisibilityBatch'])
    actions.set(name, inOneTransaction(actions, name, persistence));
  // For the host's own metrics; SQS has no such action.
  actions.set('ReadQueueMetrics', () => ({ queues: queueMetrics(store, now()) }));
  actions.set('StartMessageMoveTask', (input) => tasks.start(input));
  actions.set('ListMessageMoveTasks', (input) => tasks.list(input));
  actions.set('CancelMessageMoveTask', (input) => tasks.cancel(input));
  actions.set('ListDeadLetterSourceQueues', (input) => {
    const queue = store.getQueue(String(input['QueueUrl']));
    if (!queue) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return { queueUrls: deadLetterSourcesOf(store, queue.arn).map(({ url }) => url) };
  });

  const service = await serveJson({
    contentType: 'application/x-amz-json-1.0',
    errorPrefix: 'com.amazonaws.sqs#',
    authorize: (action, input, headers) => {
      const caller = guard.callerOf(headers);
      const refusal = caller && guard.refusal(caller, sqsNeeds(action, input, arnPrefix, guard));
      if (refusal !== undefined) throw new AwsError('AccessDeniedException', refusal);
    },
    errorHeaders: (error) => ({ 'x-amzn-query-error': `${queryCode(error.code)};Sender` }),
    actions,
  });
  repairUrls(store, service.url);
  const sweeper = setInterval(() => dropExpired(store, persistence, now()), sweepEveryMs);
  return {
    url: service.url,
    close: async () => {
      clearInterval(sweeper);
      store.shutdown();
      await service.close();
    },
  };
}

const QUERY_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  AccessDeniedException: 'AccessDenied',
};

/** The SDK names an SQS error after the code of the older protocol where there is one. */
function queryCode(code: string): string {
  return QUERY_CODES[code] ?? code;
}

function inAwsTerms(action: QueueAction, store: QueueStore): Action {
  return async (input, headers) => {
    try {
      return await action(input, store, { headers });
    } catch (error) {
      if (error instanceof Error && 'queryErrorHeader' in error) {
        const { code, message, statusCode } = error as FauxqsError;
        throw new AwsError(code, message, { status: statusCode });
      }
      throw error;
    }
  };
}

function ownAction(actions: ReadonlyMap<string, Action>, name: string): Action {
  const action = actions.get(name);
  if (!action) throw new Error(`fauxqs has no action ${name}`);
  return action;
}

function createQueue(actions: ReadonlyMap<string, Action>, store: QueueStore, repair: (queue: Queue) => void): Action {
  const create = ownAction(actions, 'CreateQueue');
  return async (input, headers) => {
    const known = new Set(store.queues.keys());
    const answer = (await create(input, headers)) as { QueueUrl: string };
    const queue = store.queues.get(answer.QueueUrl);
    if (queue && !known.has(queue.url)) repair(queue);
    return answer;
  };
}

function sendMessage(actions: ReadonlyMap<string, Action>): Action {
  const send = ownAction(actions, 'SendMessage');
  return (input, headers) => {
    checkFifoIds(input);
    return send(input, headers);
  };
}

/** fauxqs takes the attributes of high throughput when a queue is created, and refuses them afterwards. */
function setQueueAttributes(actions: ReadonlyMap<string, Action>, store: QueueStore): Action {
  const set = ownAction(actions, 'SetQueueAttributes');
  return async (input, headers) => {
    const { DeduplicationScope, FifoThroughputLimit, ...others } = input['Attributes'] as Record<string, string>;
    const answer = await set({ ...input, Attributes: others }, headers);
    store.getQueue(String(input['QueueUrl']))?.setAttributes({
      ...(DeduplicationScope !== undefined && { DeduplicationScope }),
      ...(FifoThroughputLimit !== undefined && { FifoThroughputLimit }),
    });
    return answer;
  };
}

/** Adds the attribute that tells where a dead letter came from. */
function receiveMessage(actions: ReadonlyMap<string, Action>, store: QueueStore): Action {
  const receive = ownAction(actions, 'ReceiveMessage');
  return async (input, headers) => {
    const answer = (await receive(input, headers)) as { Messages?: ReceivedMessage[] };
    const queue = store.getQueue(String(input['QueueUrl']));
    const wanted = [...names(input['MessageSystemAttributeNames']), ...names(input['AttributeNames'])];
    if (!wanted.includes('All') && !wanted.includes('DeadLetterQueueSourceArn')) return answer;
    for (const message of answer.Messages ?? []) {
      const arn = queue?.inflightMessages.get(message.ReceiptHandle)?.message.deadLetterSourceArn;
      if (arn !== undefined) message.Attributes = { ...message.Attributes, DeadLetterQueueSourceArn: arn };
    }
    return answer;
  };
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** One write to disk for ten messages. The action itself is synchronous. */
function inOneTransaction(actions: ReadonlyMap<string, Action>, name: string, persistence: Persistence): Action {
  const action = ownAction(actions, name);
  return (input: Json, headers) => {
    let answer: unknown;
    persistence.transaction(() => {
      answer = action(input, headers);
    });
    return answer;
  };
}
