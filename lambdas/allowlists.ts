import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoAllowlists } from './adapters/dynamodb/allowlists.ts';
import { createEmf } from './adapters/reports/emf.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { followReport } from './adapters/reports/follow-report.ts';
import { fetchList } from './adapters/list-fetch.ts';
import { createLog } from './adapters/reports/log.ts';
import { wafIpSets } from './adapters/waf-ip-sets.ts';
import { follow, type FollowedList } from './core/addresses/follow.ts';
import { providers } from './providers/index.ts';
import { ipSetsSettings, recordsSettings } from './settings.ts';

const { stage, sources } = readGateway();
const { tableName } = recordsSettings.fromEnv(process.env);
const { ipSets } = ipSetsSettings.fromEnv(process.env);

const lists: readonly FollowedList[] = Object.entries(ipSets).map(([name, sets]) => {
  const provider = providers.get(name);
  if (!provider?.addressList) throw new Error(`The provider ${name} declares no addressList.`);
  return { provider: name, list: provider.addressList, declared: provider.addresses ?? [], sets };
});
const ports = {
  allowlists: dynamoAllowlists(new DynamoDBClient(clientOptions), tableName),
  sets: wafIpSets(new WAFV2Client(clientOptions)),
  fetch: (url: string) => fetchList(url),
  clock: systemClock,
  report: followReport({ log: createLog('allowlists'), emit: createEmf(stage), sources }),
};

/** Once a minute: follows the addresses that providers publish. */
export const handler = middy(async () => {
  const failed = await follow(lists, ports);
  // For Lambda's own error metric; the next minute tries again.
  if (failed > 0) throw new Error(`${failed} of ${lists.length} lists could not be seen to; the log says why.`);
});
