import type { IncomingMessage, Server } from 'node:http';

/**
 * The parts of fauxqs 2.4.1 (https://github.com/kibertoad/fauxqs) that Hookgate runs: its queues, its storage and its
 * S3. Its package exports only a server that listens on every interface, so the parts are loaded by path; the version
 * is pinned and `test/local/sqs.conformance.test.ts` holds what is relied on.
 */
export interface QueuedMessage {
  messageId: string;
  readonly body: string;
  sentTimestamp: number;
  approximateReceiveCount: number;
  approximateFirstReceiveTimestamp: number | undefined;
  readonly messageAttributes: Readonly<Record<string, unknown>>;
  readonly messageGroupId?: string;
  messageDeduplicationId?: string;
  /** Its place in a FIFO queue. */
  sequenceNumber?: string;
  /** Ours: the queue from which the redrive policy moved it. */
  deadLetterSourceArn?: string;
}

export interface Queue {
  readonly name: string;
  url: string;
  readonly arn: string;
  readonly attributes: Readonly<Record<string, string>>;
  messages: QueuedMessage[];
  delayedMessages: QueuedMessage[];
  readonly inflightMessages: Map<string, { readonly message: QueuedMessage }>;
  fifoMessages: Map<string, QueuedMessage[]>;
  /** How many messages of a group are in flight. */
  readonly fifoLockedGroups: Map<string, number>;
  persistence: Persistence | undefined;
  isFifo(): boolean;
  nextSequenceNumber(): string;
  setAttributes(attributes: Readonly<Record<string, string>>): void;
  processTimers(): void;
  enqueue(message: QueuedMessage): void;
  deleteMessage(receiptHandle: string): boolean;
  changeVisibility(receiptHandle: string, seconds: number): void;
  dequeue(count: number, visibility: number | undefined, deadLetters: ResolveQueue): ReceivedMessage[];
}

export type ResolveQueue = (arn: string) => DeadLetterTarget | undefined;

export type DeadLetterTarget = Pick<Queue, 'enqueue' | 'nextSequenceNumber'>;

export interface ReceivedMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  Attributes?: Record<string, string>;
}

export interface QueueStore {
  host: string;
  region: string | undefined;
  persistence: Persistence | undefined;
  readonly queues: Map<string, Queue>;
  allQueues(): Iterable<Queue>;
  getQueueByArn(arn: string): Queue | undefined;
  getQueue(url: string): Queue | undefined;
  shutdown(): void;
}

interface Statement {
  run(...values: (string | number | null)[]): unknown;
  all(...values: (string | number | null)[]): Record<string, unknown>[];
}

/** SQLite below: https://nodejs.org/api/sqlite.html */
export interface Persistence {
  readonly db: { exec(sql: string): void; prepare(sql: string): Statement };
  updateMessageReady: (messageId: string) => void;
  updateMessageInflight: (
    messageId: string,
    handle: string,
    deadline: number,
    receives: number,
    first?: number,
  ) => void;
  deleteMessage(messageId: string): void;
  loadSqsQueues(store: QueueStore): void;
  loadS3(store: ObjectStore): void;
  transaction(run: () => void): void;
  close(): void;
}

export interface ObjectStore {
  persistence: Persistence | undefined;
  /** By bucket, then by key. */
  readonly buckets: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
}

/** What is called of the HTTP application (Fastify) that fauxqs builds. */
export interface HttpApplication {
  readonly server: Server;
  ready(): PromiseLike<unknown>;
  close(): PromiseLike<unknown>;
}

export type QueueAction = (
  input: Record<string, unknown>,
  store: QueueStore,
  request: { readonly headers: IncomingMessage['headers'] },
) => unknown;

/** The wire form of a refusal. */
export interface FauxqsError extends Error {
  readonly code: string;
  readonly statusCode: number;
  readonly queryErrorHeader: string;
}

async function part<T>(path: string): Promise<T> {
  return (await import(new URL(path, import.meta.resolve('fauxqs')).href)) as T;
}

export async function newQueueStore(): Promise<QueueStore> {
  const { SqsStore } = await part<{ SqsStore: new () => QueueStore }>('./sqs/sqsStore.js');
  return new SqsStore();
}

export async function newObjectStore(): Promise<ObjectStore> {
  const { S3Store } = await part<{ S3Store: new () => ObjectStore }>('./s3/s3Store.js');
  return new S3Store();
}

export async function openPersistence(folder: string): Promise<Persistence> {
  const module = await part<{ PersistenceManager: new (folder: string) => Persistence }>('./persistence.js');
  return new module.PersistenceManager(folder);
}

/** fauxqs's HTTP application; only its S3 routes are used. */
export async function buildS3(s3Store: ObjectStore, sqsStore: QueueStore): Promise<HttpApplication> {
  const { buildApp } = await part<{
    buildApp: (options: { logger: false; stores: { s3Store: ObjectStore; sqsStore: QueueStore } }) => HttpApplication;
  }>('./app.js');
  return buildApp({ logger: false, stores: { s3Store, sqsStore } });
}

/** The actions that fauxqs has right. */
const ACTIONS = [
  'ChangeMessageVisibility',
  'ChangeMessageVisibilityBatch',
  'CreateQueue',
  'DeleteMessage',
  'DeleteMessageBatch',
  'DeleteQueue',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListQueueTags',
  'ListQueues',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
  'SendMessageBatch',
  'SetQueueAttributes',
  'TagQueue',
  'UntagQueue',
];

export async function loadActions(): Promise<Map<string, QueueAction>> {
  const entries = ACTIONS.map(async (name) => {
    const file = name.charAt(0).toLowerCase() + name.slice(1);
    const module = await part<Record<string, QueueAction>>(`./sqs/actions/${file}.js`);
    const action = module[file];
    if (!action) throw new Error(`fauxqs has no action ${name}; is its version still 2.4.1?`);
    return [name, action] as const;
  });
  return new Map(await Promise.all(entries));
}
