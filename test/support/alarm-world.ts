import { createEmf } from '../../lambdas/adapters/reports/emf.ts';
import { createLog } from '../../lambdas/adapters/reports/log.ts';
import { processingReport } from '../../lambdas/adapters/reports/processing-report.ts';
import type { Outcome } from '../../lambdas/core/processing/consume.ts';
import { config, type SourceConfig } from '../../lib/config.ts';
import { AlarmBook } from '../../local/cloudwatch/alarm-book.ts';
import { embeddedMetrics } from '../../local/cloudwatch/embedded-metrics.ts';
import { MetricStore } from '../../local/cloudwatch/metric-store.ts';
import { serviceMetrics } from '../../local/cloudwatch/service-metrics.ts';
import type { QueuedMessage, QueueStore } from '../../local/sqs/fauxqs.ts';
import { queueMetrics } from '../../local/sqs/queue-metrics.ts';
import { readAssembly } from '../../local/template/assembly.ts';
import type { Desired } from '../../local/template/desired.ts';
import { readTemplate } from '../../local/template/read.ts';
import { appForTests, planOf, stackOf } from '../stack/stage.ts';
import { gatewayAtWork } from './gateway-at-work.ts';
import { ManualClock } from './manual-clock.ts';
import { written } from './written.ts';

export const MINUTE = 60_000;

/** A source that follows the addresses its provider publishes, and whose secret is rotated by itself. */
const GITHUB: SourceConfig = {
  name: 'github',
  provider: 'github',
  allow: { published: 'observe' },
  routes: ['scalekit/user-created'],
  rotation: { everyDays: 90, settings: { repository: 'acme/shop', hook: '12345678' }, credential: 'github-hooks' },
};

/** What the local host reads of the stage `local`, with one source more, so that there is every alarm. */
export async function desiredOfLocalStage(): Promise<Desired> {
  const app = appForTests();
  // The stage's own `allow` would take the place of what is published.
  const { allow: _allow, ...local } = config.stages.local;
  stackOf(await planOf('local', { sources: [...config.sources, GITHUB], stages: { local } }), app);
  const assembly = readAssembly(app.synth().directory);
  const endpoints = { dynamodb: 'http://d', sqs: 'http://q', secretsmanager: 'http://s', s3: 'http://o' };
  const place = {
    stackName: assembly.stackName,
    region: 'us-east-1',
    account: '000000000000',
    endpoints,
    assets: assembly.assets,
  };
  return readTemplate(assembly, place).desired;
}

/** The alarms of the local stage over what a gateway at work reports, at a time that tests move. */
export function alarmWorld(desired: Desired) {
  const clock = new ManualClock(Math.floor(Date.now() / MINUTE) * MINUTE);
  const store = new MetricStore();
  const alarms = new AlarmBook({ ...desired, store, since: clock.now(), onChange: () => undefined });
  const services = serviceMetrics({
    store,
    region: 'us-east-1',
    apiName: desired.restApis[0]?.name ?? '',
    stageName: desired.stages[0]?.name ?? '',
    webAclName: desired.webAcls[0]?.metricName ?? '',
    metricFilters: desired.metricFilters,
    accessLogFormat: desired.stages[0]?.accessLogFormat ?? '{}',
  });
  const emf = createEmf('local');
  const emit = Object.assign((...args: Parameters<typeof emf>) => emf.at(clock.now())(...args), { at: emf.at });
  const log = createLog('test');
  const take = async (run: () => unknown) => {
    for (const line of await written(run)) embeddedMetrics(line).forEach((point) => store.add(point));
  };
  const queues = desired.queues.map(({ name }) => ({
    name,
    messages: [] as QueuedMessage[],
    fifoMessages: new Map<string, QueuedMessage[]>(),
    inflightMessages: new Map<string, { message: QueuedMessage }>(),
  }));
  const gateway = gatewayAtWork({ clock, log, emit });

  return {
    clock,
    alarms,
    services,
    gateway,
    /** What the gateway tells while it does this is what CloudWatch hears. */
    does: (act: (working: typeof gateway) => unknown) => take(() => act(gateway)),
    outcomes: (source: string, route: string, outcomes: readonly Outcome[]) =>
      take(() => {
        const reports = processingReport({ log, emit, source, route, now: () => clock.now() });
        for (const outcome of outcomes) reports.report(outcome);
        reports.flush();
      }),
    /** An invocation of the functions whose ids have this in them ends. */
    functionRuns: (construct: string, outcome: 'succeeded' | 'failed') => {
      const running = desired.functions.filter(({ id }) => id.includes(construct));
      if (running.length === 0) throw new Error(`There is no function ${construct}.`);
      for (const { name } of running) services.functionRan(name, outcome, clock.now());
    },
    /** A request is answered. */
    answered: (answer: { readonly status: number; readonly path?: string; readonly blocked?: true }) =>
      services.answered(
        {
          requestId: '0b9b9a4c-7f0d-4f3e-9d53-3c6d3f0a8f10',
          sourceIp: '203.0.113.7',
          method: 'POST',
          path: '/local/webhooks/inkress',
          ms: 8,
          blocked: false,
          ...answer,
        },
        clock.now(),
      ),
    /** A message that is in a queue from now on, until it is taken out. */
    put: (queue: string): (() => void) => {
      const found = queues.find(({ name }) => name === queue);
      if (!found) throw new Error(`There is no queue ${queue}.`);
      found.messages.push({
        messageId: queue,
        body: '',
        sentTimestamp: clock.now(),
        approximateReceiveCount: 0,
        approximateFirstReceiveTimestamp: undefined,
        messageAttributes: {},
      });
      return () => void found.messages.pop();
    },
    /** Names of the alarms that ring, without the stage's prefix. */
    ringing: () =>
      [...alarms.metricAlarms, ...alarms.compositeAlarms]
        .filter(({ name }) => alarms.status(name).state === 'ALARM')
        .map(({ name }) => name.replace('hookgate-local-', ''))
        .sort(),
    /** A minute passes. */
    pass: () => {
      services.queues(queueMetrics({ allQueues: () => queues } as unknown as QueueStore, clock.now()), clock.now());
      clock.advance(MINUTE);
      alarms.evaluate(clock.now());
    },
  };
}

export type AlarmWorld = ReturnType<typeof alarmWorld>;
