import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonClient } from './aws/json-client.ts';
import type { StateChange } from './cloudwatch/alarm-book.ts';
import { type CloudWatch, startCloudWatch } from './cloudwatch/cloudwatch.ts';
import { startLogsApi } from './cloudwatch/logs-api.ts';
import { subscriptionSender } from './cloudwatch/subscriptions.ts';
import { type Console, time } from './console.ts';
import { DataFolder } from './data-folder.ts';
import { SqsMapping } from './events/sqs-mapping.ts';
import { startSchedules } from './events/schedules.ts';
import { Functions } from './functions.ts';
import { Guard, type Noted } from './iam/guard.ts';
import { checkConsumers } from './iam/consumers.ts';
import { rulesOf } from './iam/rules.ts';
import { restApi } from './gateway/api.ts';
import type { Answered } from './gateway/access-log.ts';
import { type GatewayServer, startGateway } from './gateway/server.ts';
import { startMappingsApi } from './lambda/mappings-api.ts';
import { LogFiles } from './log-files.ts';
import { provision } from './provision.ts';
import { Refusal } from './refusal.ts';
import { startServices } from './services-process.ts';
import type { QueueMetrics } from './sqs/queue-metrics.ts';
import type { Assembly } from './template/assembly.ts';
import type { Desired } from './template/desired.ts';
import { type ReadTemplate, readTemplate } from './template/read.ts';
import { startIpSetsApi } from './waf/ip-sets-api.ts';

/** fauxqs knows this account only; there is none to mix it up with. */
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
/** How long requests and batches that run may finish when the host is asked to stop. */
const GRACE_MS = 5000;

export interface HostOptions {
  readonly data: string;
  readonly port: number;
  /** Makes the cloud assembly in a folder, while the services start. */
  readonly assemble: (folder: string) => Promise<Assembly>;
  readonly console: Console;
}

export interface Host {
  readonly url: string;
  /** For bundles of changed functions. */
  readonly reloadFolder: string;
  readonly desired: Desired;
  readonly functions: Functions;
  readonly template: ReadTemplate;
  readonly logs: string;
  readonly sources: readonly string[];
  readonly stop: () => Promise<void>;
  /** Fulfilled when the data services die: the host can't go on without them. */
  readonly broken: Promise<void>;
}

/** Runs the stack of an assembly on this machine. */
export async function startHost({ data, port, assemble, console }: HostOptions): Promise<Host> {
  const folder = DataFolder.prepare(data);
  let cloudWatch: CloudWatch | undefined;
  const onAnswer = (answered: Answered) => {
    console.access(answered);
    cloudWatch?.services.answered(answered, Date.now());
  };
  const gateway = await startGateway({ port, onAnswer }).catch((error: unknown) => {
    folder.release();
    throw portRefusal(error, port);
  });
  // What has been started, to be stopped in the opposite order, also when the start fails half-way.
  const stops: (() => Promise<void> | void)[] = [() => folder.release(), () => gateway.close(GRACE_MS)];
  const stop = async () => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  const sayRefused = ({ function: caller, action, resource }: Noted) =>
    console.say(`${time()}  ${caller}: its role does not allow ${action} on ${resource}`);
  try {
    const [services, assembly] = await settled([
      startServices(
        { data: folder.services, region: REGION, account: ACCOUNT, releaseHeldMessages: true },
        sayRefused,
      ).then((running) => {
        stops.splice(1, 0, () => running.stop());
        return running;
      }),
      assemble(folder.assembly),
    ]);
    const place = {
      stackName: assembly.stackName,
      region: REGION,
      account: ACCOUNT,
      endpoints: services.endpoints,
      assets: assembly.assets,
    };
    const template = readTemplate(assembly, place);
    const { desired } = template;
    const logs = new LogFiles(folder.logs);
    stops.push(() => logs.close());
    const mappings = new Map<string, SqsMapping>();
    const guard = new Guard(sayRefused);
    const rules = rulesOf(desired, place);
    writeFileSync(folder.permissions, '');
    guard.bind(rules, folder.permissions);
    await services.bind(rules, folder.permissions);
    checkConsumers(desired, guard);
    const arnPrefix = `arn:aws:lambda:${REGION}:${ACCOUNT}:event-source-mapping:`;
    const mappingsApi = await startMappingsApi(mappings, guard, arnPrefix, {
      get: (name) => functions.get(name),
    });
    stops.push(() => mappingsApi.close());
    const ipSetsApi = await startIpSetsApi({
      sets: desired.ipSets,
      arnPrefix: `arn:aws:wafv2:${REGION}:${ACCOUNT}:regional/ipset/`,
      path: folder.ipSets,
      guard,
    });
    stops.push(() => ipSetsApi.close());
    const sqs = jsonClient(services.endpoints.sqs, 'AmazonSQS');
    stops.push(() => sqs.close());
    const metrics = await startCloudWatch({
      ...{ desired, region: REGION, guard, logs: folder.logs, path: folder.metrics, now: Date.now },
      readQueues: async () => (await sqs.call('ReadQueueMetrics', {}))['queues'] as readonly QueueMetrics[],
      onChange: (change) => sayAlarm(console, change),
    });
    cloudWatch = metrics;
    if (metrics.lost !== undefined) console.say(metrics.lost);
    stops.push(() => metrics.close());
    const logsApi = await startLogsApi({
      streams: desired.logStreams,
      writers: desired.functions,
      arnPrefix: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:`,
      guard,
      pathOf: (stream) => logs.pathOf(stream),
      onWritten: subscriptionSender(desired, (arn, event) => void functions.invoke(arn, event)),
    });
    stops.push(() => logsApi.close());
    const functions = new Functions({
      desired,
      region: REGION,
      endpoints: services.endpoints,
      lambdaEndpoint: mappingsApi.url,
      cloudWatchEndpoint: metrics.url,
      logsEndpoint: logsApi.url,
      wafEndpoint: ipSetsApi.url,
      logs,
      born: services.watch,
      died: services.unwatch,
      report: ({ label, name }, type, message) => {
        console.say(`${time()}  ${label}: ${type}: ${message}  (${logs.pathOf(label)})`);
        metrics.services.functionRan(name, 'failed', Date.now());
      },
      succeeded: ({ name }) => metrics.services.functionRan(name, 'succeeded', Date.now()),
    });
    stops.push(() => functions.close());
    services.invokeBy(async (arn, event) => {
      const result = await functions.invoke(arn, event);
      return result.ok ? undefined : result.message;
    });
    const answering = functions.all.filter(({ lambda }) => !lambda.background);
    const [first, ...others] = answering;
    await Promise.all([provision(desired, services.endpoints), first?.warm()]);

    stops.push(startMappings(desired, functions, services.endpoints.sqs, mappings));
    stops.push(
      startSchedules({
        schedules: desired.schedules,
        region: REGION,
        account: ACCOUNT,
        invoke: (arn, event) => functions.invoke(arn, event),
      }),
    );
    openGateway(gateway, desired, functions, (rule) => metrics.services.blocked(rule, Date.now()));
    stops.push(() => gateway.close(GRACE_MS));
    folder.writeHostFile({
      url: gateway.url,
      endpoints: { ...services.endpoints, cloudwatch: metrics.url, lambda: mappingsApi.url },
      stage: desired.stages[0]?.name ?? '',
      region: REGION,
      pid: process.pid,
    });
    stops.push(() => folder.removeHostFile());
    void Promise.all(others.map((pool) => pool.warm()));
    const sources = sourcesOf(desired);
    return {
      url: gateway.url,
      reloadFolder: folder.reload,
      desired,
      functions,
      template,
      logs: folder.logs,
      sources,
      stop,
      broken: services.ended,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openGateway(
  gateway: GatewayServer,
  desired: Desired,
  functions: Functions,
  onBlocked: (rule: string) => void,
): void {
  const invoke = (arn: string, event: string) => functions.invoke(arn, event);
  gateway.open(restApi({ desired, account: ACCOUNT, now: Date.now, invoke, onBlocked }));
}

/** An alarm that rings or ends; that it has been measured for the first time is no news. */
function sayAlarm(console: Console, { alarm, from, to, reason }: StateChange): void {
  // The same page that the notification of AWS names.
  const [runbook = ''] = /Runbook: \S+/.exec(alarm.description) ?? [];
  if (to === 'ALARM') console.say(`${time()}  ALARM  ${alarm.name}: ${reason} ${runbook}`.trimEnd());
  else if (from === 'ALARM') console.say(`${time()}  over   ${alarm.name}: ${reason}`);
}

/** @param byId receives each that runs */
function startMappings(
  desired: Desired,
  functions: Functions,
  endpoint: string,
  byId: Map<string, SqsMapping>,
): () => Promise<void> {
  const clients = desired.mappings.map((mapping) => {
    const pool = functions.get(mapping.function);
    // Lambda reads a queue with the role of the function that it reads for.
    const sqs = jsonClient(endpoint, 'AmazonSQS', pool.lambda.id);
    const queueUrl = `${endpoint}/${ACCOUNT}/${mapping.queueArn.split(':').pop()}`;
    const running = new SqsMapping({ mapping, sqs, queueUrl, region: REGION, invoke: (event) => pool.invoke(event) });
    byId.set(mapping.id, running);
    running.start();
    return { running, sqs };
  });
  return async () => {
    const grace = new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref());
    await Promise.race([Promise.all(clients.map(({ running }) => running.stop())), grace]);
    for (const { sqs } of clients) sqs.close();
  };
}

/** The sources are in every function's `gateway.json`, beside its code. */
function sourcesOf(desired: Desired): readonly string[] {
  for (const { arn, code } of desired.functions) {
    if (!desired.methods.some(({ functionArn }) => functionArn === arn)) continue;
    try {
      const { sources } = JSON.parse(readFileSync(join(code, 'gateway.json'), 'utf8')) as {
        sources: { name: string }[];
      };
      return sources.map(({ name }) => name);
    } catch {
      // A function of another kind; the next one may have it.
    }
  }
  return [];
}

/** Waits for all, then fails with the first failure: nothing may start after the host has given up. */
async function settled<A, B>([a, b]: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

function portRefusal(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return new Refusal(`Port ${port} is in use. Set PORT to another one.`);
  if (code === 'EACCES') return new Refusal(`Port ${port} is not for this user. Set PORT to one above 1023.`);
  return error;
}
