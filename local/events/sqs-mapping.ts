import type { Json } from '../aws/json-server.ts';
import type { JsonClient } from '../aws/json-client.ts';
import type { InvocationResult } from '../lambda/lambda-function.ts';
import type { EventSourceMapping } from '../template/desired.ts';

export interface MappingOptions {
  readonly mapping: EventSourceMapping;
  readonly sqs: JsonClient;
  readonly queueUrl: string;
  readonly region: string;
  readonly invoke: (event: string) => Promise<InvocationResult>;
}

/** What can be changed while it runs. */
export type MappingSettings = Pick<EventSourceMapping, 'enabled' | 'maximumConcurrency'>;

interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, { readonly DataType: string } & Json>>;
}

const POLL_SECONDS = 20;
const MOST_PER_RECEIVE = 10;
/** After an error of the queue itself, so that a broken one doesn't keep a core busy. */
const ERROR_PAUSE_MS = 1000;

/**
 * Brings a queue's messages to a function, as Lambda's event source mapping does:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 * What the function took is deleted; the rest becomes visible again by its own timeout, and SQS counts and redrives.
 */
export class SqsMapping {
  readonly #options: MappingOptions;
  #settings: MappingSettings;
  #stopped = false;
  #running = 0;
  #freed: () => void = () => undefined;
  #loop: Promise<void> | undefined;
  readonly #invocations = new Set<Promise<void>>();

  constructor(options: MappingOptions) {
    this.#options = options;
    const { enabled, maximumConcurrency } = options.mapping;
    this.#settings = { enabled, maximumConcurrency };
  }

  get queueArn(): string {
    return this.#options.mapping.queueArn;
  }

  get settings(): MappingSettings {
    return this.#settings;
  }

  /** What is received already is delivered, as there: a mapping takes a while to be disabled. */
  change(settings: Partial<MappingSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#freed();
  }

  start(): void {
    this.#loop = this.#poll();
  }

  /** Takes no more; waits for the batches that run. The poll under way ends with its connection. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#freed();
    await Promise.allSettled(this.#invocations);
  }

  get finished(): Promise<void> | undefined {
    return this.#loop;
  }

  async #poll(): Promise<void> {
    while (!this.#stopped) {
      if (!this.#settings.enabled || this.#running >= this.#settings.maximumConcurrency) {
        await new Promise<void>((resolve) => (this.#freed = resolve));
        continue;
      }
      const batch = await this.#collect();
      if (batch.length === 0) continue;
      if (this.#stopped) return;
      this.#running += 1;
      const invocation = this.#deliver(batch).finally(() => {
        this.#running -= 1;
        this.#invocations.delete(invocation);
        this.#freed();
      });
      this.#invocations.add(invocation);
    }
  }

  async #collect(): Promise<Message[]> {
    const { batchSize, windowSeconds } = this.#options.mapping;
    const batch = await this.#receive(Math.min(batchSize, MOST_PER_RECEIVE), POLL_SECONDS);
    if (windowSeconds === 0 || batch.length === 0) return batch;
    const deadline = performance.now() + windowSeconds * 1000;
    while (batch.length < batchSize && !this.#stopped) {
      const left = Math.floor((deadline - performance.now()) / 1000);
      if (left < 1) break;
      batch.push(
        ...(await this.#receive(Math.min(batchSize - batch.length, MOST_PER_RECEIVE), Math.min(left, POLL_SECONDS))),
      );
    }
    return batch;
  }

  async #receive(most: number, waitSeconds: number): Promise<Message[]> {
    const { sqs, queueUrl, mapping } = this.#options;
    try {
      const answer = await sqs.call('ReceiveMessage', {
        QueueUrl: queueUrl,
        MaxNumberOfMessages: most,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      return (answer['Messages'] ?? []) as Message[];
    } catch (error) {
      if (this.#stopped) return [];
      process.stderr.write(`${mapping.id}: ${error instanceof Error ? error.message : String(error)}\n`);
      await new Promise((resolve) => setTimeout(resolve, ERROR_PAUSE_MS));
      return [];
    }
  }

  async #deliver(batch: readonly Message[]): Promise<void> {
    const { mapping, invoke, sqs, queueUrl, region } = this.#options;
    const result = await invoke(toEvent(batch, mapping.queueArn, region));
    const failed = failedIds(result, batch, mapping.reportsItemFailures);
    const taken = batch.filter(({ MessageId }) => !failed.has(MessageId));
    for (let start = 0; start < taken.length; start += MOST_PER_RECEIVE) {
      const entries = taken
        .slice(start, start + MOST_PER_RECEIVE)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      try {
        await sqs.call('DeleteMessageBatch', { QueueUrl: queueUrl, Entries: entries });
      } catch (error) {
        if (!this.#stopped)
          process.stderr.write(`${mapping.id}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
export function toEvent(batch: readonly Message[], queueArn: string, region: string): string {
  return JSON.stringify({
    Records: batch.map((message) => ({
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      attributes: message.Attributes ?? {},
      messageAttributes: Object.fromEntries(
        Object.entries(message.MessageAttributes ?? {}).map(([name, attribute]) => [
          name,
          {
            ...(attribute['StringValue'] !== undefined && { stringValue: attribute['StringValue'] }),
            ...(attribute['BinaryValue'] !== undefined && { binaryValue: attribute['BinaryValue'] }),
            stringListValues: [],
            binaryListValues: [],
            dataType: attribute.DataType,
          },
        ]),
      ),
      md5OfBody: message.MD5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    })),
  });
}

/**
 * Which messages stay in the queue. With `ReportBatchItemFailures`: an answer that says nothing is success, one that
 * can't be understood, or names a message that was not in the batch, fails the whole batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function failedIds(
  result: InvocationResult,
  batch: readonly { readonly MessageId: string }[],
  reportsItemFailures: boolean,
): ReadonlySet<string> {
  const all = new Set(batch.map(({ MessageId }) => MessageId));
  if (!result.ok) return all;
  if (!reportsItemFailures) return new Set();
  let answer: unknown;
  try {
    answer = JSON.parse(result.payload.toString());
  } catch {
    return all;
  }
  if (answer === null || answer === undefined) return new Set();
  if (typeof answer !== 'object') return all;
  const { batchItemFailures: failures } = answer as { batchItemFailures?: unknown };
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures)) return all;
  const ids = new Set<string>();
  for (const failure of failures as unknown[]) {
    const id = typeof failure === 'object' && failure !== null ? (failure as Json)['itemIdentifier'] : undefined;
    if (typeof id !== 'string' || !all.has(id)) return all;
    ids.add(id);
  }
  return ids;
}
