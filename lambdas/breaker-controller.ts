import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoBreakers } from './adapters/dynamo-breakers.ts';
import { createEmf } from './adapters/emf.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { lambdaMappings } from './adapters/lambda-mappings.ts';
import { createLog } from './adapters/log.ts';
import { control, type ControlReport } from './core/processing/control.ts';
import { BREAKER_METRIC, DIMENSION } from './core/metrics.ts';
import { mappingsSettings, recordsSettings } from './settings.ts';

const { tableName } = recordsSettings.fromEnv(process.env);
const { routes } = mappingsSettings.fromEnv(process.env);
const log = createLog('breaker-controller');
const gateway = readGateway();
const routesOfStage = gateway.sources.reduce((sum, source) => sum + source.routes.length, 0);
const emit = createEmf(gateway.stage);
const ports = {
  breakers: dynamoBreakers(new DynamoDBClient(clientOptions), tableName),
  // Others of the account are throttled with it: then it waits, which its run has the time for.
  mappings: lambdaMappings(new LambdaClient({ ...clientOptions, maxAttempts: 8 })),
  clock: systemClock,
  report,
};

function report(name: string, what: ControlReport): void {
  const [source = '', route = ''] = name.split('/');
  const count = (metric: string) =>
    emit([{ name: metric, value: 1 }], { [DIMENSION.source]: source, [DIMENSION.route]: route });
  switch (what.kind) {
    case 'open':
      count(BREAKER_METRIC.open);
      return;
    case 'paused':
      return;
    case 'set':
      log.info('mappings set', { source, route, mode: what.mode });
      return;
    case 'drift':
      count(BREAKER_METRIC.drift);
      log.warn('a mapping was not as it had been set', { source, route, mapping: what.mapping, ...what.found });
      return;
    case 'failed':
      log.error(`the mappings of ${name} could not be seen to`, what.error);
  }
}

/** Once a minute: sets the mappings of each route as its breaker wants them. */
export const handler = middy(async () => {
  const failed = await control(routes, ports, routesOfStage);
  // For Lambda's own error metric; the next minute tries again.
  if (failed > 0) throw new Error(`${failed} of ${routes.length} routes could not be seen to; the log says why.`);
});
