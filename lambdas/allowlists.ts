import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoAllowlists } from './adapters/dynamo-allowlists.ts';
import { createEmf } from './adapters/emf.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { fetchList } from './adapters/list-fetch.ts';
import { createLog } from './adapters/log.ts';
import { wafIpSets } from './adapters/waf-ip-sets.ts';
import { follow, type FollowedList, type FollowReport } from './core/addresses/follow.ts';
import { ALLOWLIST_DRIFT_METRIC, DIMENSION } from './core/metrics.ts';
import { providers } from './providers/index.ts';
import { ipSetsSettings, recordsSettings } from './settings.ts';

const { stage, sources } = readGateway();
const { tableName } = recordsSettings.fromEnv(process.env);
const { ipSets } = ipSetsSettings.fromEnv(process.env);
const log = createLog('allowlists');
const emit = createEmf(stage);

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
  report,
};

function report(provider: string, what: FollowReport): void {
  switch (what.kind) {
    case 'applied': {
      const { added, removed, by } = what;
      log.info('the published addresses changed', { provider, added: added.join(' '), removed: removed.join(' '), by });
      return;
    }
    case 'drift': {
      const { reason, detail, since } = what;
      log.warn('the published addresses are not those in force', { provider, reason, detail, since });
      for (const { name } of sources.filter((source) => source.provider === provider && source.allow?.published)) {
        emit([{ name: ALLOWLIST_DRIFT_METRIC, value: 1 }], { [DIMENSION.source]: name });
      }
      return;
    }
    case 'unreached':
      log.error(`the list of ${provider} could not be had`, what.error);
      return;
    case 'failed':
      log.error(`the published addresses of ${provider} could not be seen to`, what.error);
  }
}

/** Once a minute: follows the addresses that providers publish. */
export const handler = middy(async () => {
  const failed = await follow(lists, ports);
  // For Lambda's own error metric; the next minute tries again.
  if (failed > 0) throw new Error(`${failed} of ${lists.length} lists could not be seen to; the log says why.`);
});
