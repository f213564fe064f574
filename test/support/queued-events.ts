import { createHash } from 'node:crypto';
import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { bodyRows } from '../../lambdas/adapters/dynamodb/body-rows.ts';
import { dynamoStore } from '../../lambdas/adapters/dynamodb/store.ts';
import type { Store } from '../../lambdas/core/ports.ts';
import {
  BODY_TTL_SECONDS,
  bodyKey,
  type EventRecord,
  RECORD_TTL_SECONDS,
  RECORD_VERSION,
  recordKey,
} from '../../lambdas/core/record.ts';
import { messageOf } from '../../lambdas/core/send.ts';
import { queueName } from '../../lambdas/core/source.ts';
import { TABLE } from '../../lambdas/core/table.ts';
import type { HostFile } from '../../local/data-folder.ts';

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const MOST_ENTRIES = 10;
/** Writes at a time. */
const AT_ONCE = 64;

export interface QueuedEvent {
  readonly id: string;
  readonly body: unknown;
}

/** The route that they wait for. */
export interface EventsOf {
  readonly source: string;
  readonly route: string;
  readonly type: string;
}

/** Events of a running host as its verifier would have left them: recorded, and queued all in one moment. */
export class EventQueue {
  readonly store: Store;
  readonly #sqs: SQSClient;
  readonly #dynamo: DynamoDBClient;
  readonly #host: HostFile;

  private constructor(host: HostFile, dynamo: DynamoDBClient, tableName: string) {
    const noBlobs = { put: () => Promise.reject(new Error('too large')), get: () => Promise.resolve(undefined) };
    this.#host = host;
    this.#dynamo = dynamo;
    this.store = dynamoStore({ client: dynamo, tableName, bodies: bodyRows(dynamo, tableName, noBlobs) });
    this.#sqs = new SQSClient({ region: host.region, credentials: CREDENTIALS, endpoint: host.endpoints.sqs });
  }

  static async of(host: HostFile): Promise<EventQueue> {
    const dynamo = new DynamoDBClient({
      region: host.region,
      credentials: CREDENTIALS,
      endpoint: host.endpoints.dynamodb,
    });
    const { TableNames = [] } = await dynamo.send(new ListTablesCommand({}));
    for (const TableName of TableNames) {
      const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }));
      if (Table?.KeySchema?.[1]?.AttributeName === TABLE.sortKey) return new EventQueue(host, dynamo, TableName);
    }
    throw new Error(`None of the tables is the records': ${TableNames.join(', ')}`);
  }

  /** Records them; nothing is queued yet. Returns what a queue carries of each. */
  async record({ source, route, type }: EventsOf, events: readonly QueuedEvent[]): Promise<readonly string[]> {
    const now = Date.now();
    const records = events.map(({ id, body }) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const record: EventRecord = {
        v: RECORD_VERSION,
        pk: recordKey(source, id),
        status: 'RECEIVED',
        source,
        eventId: id,
        type,
        route,
        bodySha256: createHash('sha256').update(bytes).digest('hex'),
        bodyBytes: bytes.length,
        receivedAt: now,
        epoch: 0,
        attempt: 0,
        expiresAt: Math.floor(now / 1000) + RECORD_TTL_SECONDS,
      };
      return { record, bytes };
    });
    const left = [...records];
    const write = async () => {
      for (let next = left.pop(); next; next = left.pop()) {
        const { record, bytes } = next;
        const expiresAt = Math.floor(now / 1000) + BODY_TTL_SECONDS;
        await this.store.putBody(bodyKey(record), { sha256: record.bodySha256, bytes, expiresAt });
        await this.store.putRecord(record, now);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, write));
    return records.map(({ record }) => messageOf(record));
  }

  /** @param delaySeconds after which they become visible together */
  async send({ source, route }: EventsOf, messages: readonly string[], delaySeconds: number): Promise<void> {
    const { endpoints, stage } = this.#host;
    const QueueUrl = `${endpoints.sqs}/000000000000/${queueName(stage, source, { name: route }, 'main')}`;
    for (let at = 0; at < messages.length; at += MOST_ENTRIES) {
      const Entries = messages
        .slice(at, at + MOST_ENTRIES)
        .map((MessageBody, index) => ({ Id: String(index), MessageBody, DelaySeconds: delaySeconds }));
      const { Failed = [] } = await this.#sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      if (Failed.length > 0) throw new Error(`SQS refused ${Failed.length} messages: ${Failed[0]?.Message}`);
    }
  }

  close(): void {
    this.#sqs.destroy();
    this.#dynamo.destroy();
  }
}
