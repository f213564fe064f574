import middy from '@middy/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { clientOptions, systemClock } from './adapters/clients.ts';
import { dynamoBreakers } from './adapters/dynamodb/breakers.ts';
import { controlReport } from './adapters/reports/control-report.ts';
import { createEmf } from './adapters/reports/emf.ts';
import { readGateway } from './adapters/gateway-file.ts';
import { lambdaMappings } from './adapters/lambda-mappings.ts';
import { createLog } from './adapters/reports/log.ts';
import { control } from './core/processing/control.ts';
import { mappingsSettings, recordsSettings } from './settings.ts';

const { tableName } = recordsSettings.fromEnv(process.env);
const { routes } = mappingsSettings.fromEnv(process.env);
const gateway = readGateway();
const routesOfStage = gateway.sources.reduce((sum, source) => sum + source.routes.length, 0);
const ports = {
  breakers: dynamoBreakers(new DynamoDBClient(clientOptions), tableName),
  // Others of the account are throttled with it: then it waits, which its run has the time for.
  mappings: lambdaMappings(new LambdaClient({ ...clientOptions, maxAttempts: 8 })),
  clock: systemClock,
  report: controlReport({ log: createLog('breaker-controller'), emit: createEmf(gateway.stage) }),
};

/** Once a minute: sets the mappings of each route as its breaker wants them. */
export const handler = middy(async () => {
  const failed = await control(routes, ports, routesOfStage);
  // For Lambda's own error metric; the next minute tries again.
  if (failed > 0) throw new Error(`${failed} of ${routes.length} routes could not be seen to; the log says why.`);
});
