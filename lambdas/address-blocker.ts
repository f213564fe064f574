import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import type { CloudWatchLogsEvent, ScheduledEvent } from 'aws-lambda';
import { blockReport } from './adapters/reports/block-report.ts';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoAllowlists } from './adapters/dynamodb/allowlists.ts';
import { createEmf } from './adapters/reports/emf.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { jsonRow } from './adapters/dynamodb/json-row.ts';
import { createLog } from './adapters/reports/log.ts';
import { linesOf } from './adapters/log-subscription.ts';
import { wafIpSets } from './adapters/waf-ip-sets.ts';
import { type Blocklist, type FailedAttempt, keepBlocklist } from './core/addresses/blocklist.ts';
import { BLOCKLIST_KEY } from './core/table.ts';
import { ipSetsSettings, recordsSettings } from './settings.ts';

const { stage, sources } = readGateway();
const { tableName } = recordsSettings.fromEnv(process.env);
const { blocked } = ipSetsSettings.fromEnv(process.env).ipSets;
if (!blocked) throw new Error('IP_SETS names no set of blocked addresses.');
const log = createLog('address-blocker');
const report = blockReport({ log, emit: createEmf(stage) });
const dynamo = new DynamoDBClient(clientOptions);

const configured = sources.flatMap(({ allow }) => allow?.cidrs ?? []);
const followed = [...new Set(sources.flatMap(({ provider, allow }) => (allow?.published ? [provider] : [])))];
const allowlists = dynamoAllowlists(dynamo, tableName);

/** Unknown also until a published list is had for the first time: then its provider's declared addresses are in force. */
async function allowed(): Promise<readonly string[] | undefined> {
  try {
    const rows = await Promise.all(followed.map((provider) => allowlists.read(provider)));
    const lists = rows.flatMap((row) => (row ? [row.cidrs] : []));
    return lists.length === followed.length ? [...configured, ...lists.flat()] : undefined;
  } catch (error) {
    log.error('the published addresses could not be read, so nobody new is blocked', error);
    return undefined;
  }
}

const ports = {
  ...jsonRow<Blocklist>(dynamo, tableName, BLOCKLIST_KEY),
  sets: wafIpSets(new WAFV2Client(clientOptions)),
  setNames: blocked,
  allowed,
  clock: systemClock,
};

/** With lines of the security log whenever there are some, and with none once a minute. */
export const handler = middy(async (event: CloudWatchLogsEvent | ScheduledEvent) => {
  const attempts = 'awslogs' in event ? linesOf(event).flatMap(attemptOf) : [];
  report(await keepBlocklist(attempts, ports));
});

function attemptOf({ address, reason, time }: Readonly<Record<string, unknown>>): FailedAttempt[] {
  if (typeof address !== 'string' || typeof reason !== 'string' || typeof time !== 'string') return [];
  return [{ address, reason, at: Date.parse(time) }];
}
