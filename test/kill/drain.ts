import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonClient, jsonClient } from '../../local/aws/json-client.ts';
import type { HostFile } from '../../local/data-folder.ts';
import { META } from '../../lambdas/core/table.ts';
import { messagesIn } from './backlog.ts';
import type { SentEvent } from './events.ts';

/** What the tables hold in the end, read from outside as anybody could. */
export interface Tables {
  /** Rows of the team's own table by event: one for every time its handler took effect. */
  readonly effects: ReadonlyMap<string, readonly Effect[]>;
  /** Status of each record by its key. */
  readonly records: ReadonlyMap<string, string>;
}

export interface Effect {
  /** The idempotency key it had: `<record>@<epoch>`. */
  readonly key: string;
}

const ROUNDS_OF_PATIENCE = 60;
const ROUND_MS = 5_000;

/** Waits until the queues are empty and every acknowledged event has taken effect; gives up after five minutes without progress. */
export async function untilDrained(
  { endpoints }: HostFile,
  events: readonly SentEvent[],
  report: (line: string) => void,
): Promise<Tables> {
  const sqs = jsonClient(endpoints.sqs, 'AmazonSQS');
  const dynamodb = jsonClient(endpoints.dynamodb, 'DynamoDB_20120810');
  try {
    let fewest = Infinity;
    for (let patience = ROUNDS_OF_PATIENCE; ; patience--) {
      const waiting = await messagesIn(sqs);
      if (waiting < fewest) [fewest, patience] = [waiting, ROUNDS_OF_PATIENCE];
      if (waiting === 0 || patience === 0) {
        const tables = await readTables(dynamodb);
        const missing = events.filter((event) => isAcknowledged(event) && !tables.effects.has(event.name)).length;
        // A record that no queue knows of is the sweeper's: it comes within the minute.
        if (missing === 0 || patience === 0) return tables;
        report(`queues empty, ${missing} acknowledged events not done yet`);
      } else report(`${waiting} messages left`);
      await sleep(ROUND_MS);
    }
  } finally {
    sqs.close();
    dynamodb.close();
  }
}

export function isAcknowledged({ answers }: SentEvent): boolean {
  return answers.some((status) => status >= 200 && status < 300);
}

async function readTables(dynamodb: JsonClient): Promise<Tables> {
  const effects = new Map<string, Effect[]>();
  const records = new Map<string, string>();
  const { TableNames } = await dynamodb.call('ListTables', {});
  for (const TableName of TableNames as string[]) {
    for await (const item of itemsOf(dynamodb, TableName)) {
      if (item['event']?.S !== undefined) {
        effects.set(item['event'].S, [...(effects.get(item['event'].S) ?? []), { key: item['key']?.S ?? '' }]);
      } else if (item['sk']?.S === META) records.set(item['pk']?.S ?? '', item['status']?.S ?? '');
    }
  }
  return { effects, records };
}

type Item = Readonly<Record<string, { readonly S?: string }>>;

async function* itemsOf(dynamodb: JsonClient, TableName: string): AsyncGenerator<Item> {
  let from: unknown;
  do {
    const page = await dynamodb.call('Scan', { TableName, ...(from !== undefined && { ExclusiveStartKey: from }) });
    yield* page['Items'] as Item[];
    from = page['LastEvaluatedKey'];
  } while (from !== undefined);
}
