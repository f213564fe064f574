import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import type { CloudWatchLogsEvent, ScheduledEvent } from 'aws-lambda';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoAllowlists } from './adapters/dynamo-allowlists.ts';
import { createEmf } from './adapters/emf.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { jsonRow } from './adapters/json-row.ts';
import { createLog } from './adapters/log.ts';
import { linesOf } from './adapters/log-subscription.ts';
import { wafIpSets } from './adapters/waf-ip-sets.ts';
import { type Blocklist, type FailedAttempt, keepBlocklist } from './core/addresses/blocklist.ts';
import { addressSet } from './core/addresses/cidr.ts';
import { BLOCKED_ADDRESSES_METRIC } from './core/metrics.ts';
import { publishedAddresses } from './core/addresses/published.ts';
import { BLOCKLIST_KEY } from './core/table.ts';
import { ipSetsSettings, recordsSettings } from './settings.ts';

const { stage, sources } = readGateway();
const { tableName } = recordsSettings.fromEnv(process.env);
const { blocked } = ipSetsSettings.fromEnv(process.env).ipSets;
if (!blocked) throw new Error('IP_SETS names no set of blocked addresses.');
const log = createLog('address-blocker');
const emit = createEmf(stage);
const dynamo = new DynamoDBClient(clientOptions);

const configured = addressSet(sources.flatMap(({ allow }) => allow?.cidrs ?? []));
const followed = new Set(sources.flatMap(({ provider, allow }) => (allow?.published ? [provider] : [])));
const published = publishedAddresses(dynamoAllowlists(dynamo, tableName), systemClock, (provider, error) => {
  log.error(`the published addresses of ${provider} could not be read`, error);
});

async function spared(address: string): Promise<boolean> {
  if (configured(address)) return true;
  for (const provider of followed) if ((await published(provider))?.(address)) return true;
  return false;
}

const ports = {
  ...jsonRow<Blocklist>(dynamo, tableName, BLOCKLIST_KEY),
  sets: wafIpSets(new WAFV2Client(clientOptions)),
  setNames: blocked,
  spared,
  clock: systemClock,
};

/** With lines of the security log whenever there are some, and with none once a minute. */
export const handler = middy(async (event: CloudWatchLogsEvent | ScheduledEvent) => {
  const attempts = 'awslogs' in event ? linesOf(event).flatMap(attemptOf) : [];
  const { added, released, count } = await keepBlocklist(attempts, ports);
  if (added.length > 0) log.warn('addresses blocked', { addresses: added.join(' '), count });
  if (released.length > 0) log.info('addresses released', { addresses: released.join(' '), count });
  if (count > 0) emit([{ name: BLOCKED_ADDRESSES_METRIC, value: count }]);
});

function attemptOf({ address, reason, time }: Readonly<Record<string, unknown>>): FailedAttempt[] {
  if (typeof address !== 'string' || typeof reason !== 'string' || typeof time !== 'string') return [];
  return [{ address, reason, at: Date.parse(time) }];
}
