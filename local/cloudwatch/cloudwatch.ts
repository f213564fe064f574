import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writeAtomically } from '../atomic-file.ts';
import { AwsError } from '../aws/error.ts';
import { type RunningService, serveJson } from '../aws/json-server.ts';
import type { Guard } from '../iam/guard.ts';
import type { Desired } from '../template/desired.ts';
import { AlarmBook, type StateChange } from './alarm-book.ts';
import { cloudWatchApi } from './api.ts';
import { embeddedMetrics } from './embedded-metrics.ts';
import { LogTail, type Positions } from './log-tail.ts';
import { MetricStore } from './metric-store.ts';
import { type ServiceMetrics, serviceMetrics } from './service-metrics.ts';
import type { QueueMetrics } from '../sqs/queue-metrics.ts';

export interface CloudWatchOptions {
  readonly desired: Desired;
  readonly region: string;
  readonly guard: Guard;
  /** Folder of the functions' logs. */
  readonly logs: string;
  /** File that keeps metrics over restarts. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly readQueues: () => Promise<readonly QueueMetrics[]>;
  readonly onChange: (change: StateChange) => void;
}

export interface CloudWatch extends RunningService {
  readonly services: ServiceMetrics;
  /** What to tell about kept metrics that could not be read. */
  readonly lost?: string;
}

const READ_EVERY_MS = 1_000;
const QUEUES_EVERY_MS = 10_000;
const MINUTE_MS = 60_000;
/** After a minute ends, its last lines have been written. */
const SETTLED_MS = 2_500;

/** CloudWatch on this machine: metrics from the functions' log lines and the services, and the template's alarms. */
export async function startCloudWatch(options: CloudWatchOptions): Promise<CloudWatch> {
  const { desired, region, guard, logs, path, now, readQueues, onChange } = options;
  const { store, tail, lost } = load(path);
  const services = serviceMetrics({ store, region, ...namesOf(desired) });
  const alarms = new AlarmBook({
    metricAlarms: desired.metricAlarms,
    compositeAlarms: desired.compositeAlarms,
    store,
    since: now(),
    onChange,
  });
  const refresh = () => {
    for (const file of readdirSync(logs)) {
      if (!file.endsWith('.log')) continue;
      tail.read(join(logs, file), (line) => embeddedMetrics(line).forEach((point) => store.add(point)));
    }
  };
  const save = () => writeAtomically(path, JSON.stringify({ positions: tail.positions, store }));
  const everyMinute = () => {
    refresh();
    alarms.evaluate(now());
    store.prune(now());
    save();
  };

  const server = await serveJson({
    ...cloudWatchApi({ store, alarms, refresh, now }),
    authorize: (action, _input, headers) => {
      const caller = guard.callerOf(headers);
      // These actions know no resources.
      const refusal = caller && guard.refusal(caller, [{ action: `cloudwatch:${action}`, resource: '*' }]);
      if (refusal !== undefined) throw new AwsError('AccessDenied', refusal, { status: 403 });
    },
  });
  const reading = setInterval(refresh, READ_EVERY_MS);
  const counting = setInterval(() => {
    // A queue that can't be read now is read in ten seconds.
    void readQueues().then(
      (queues) => services.queues(queues, now()),
      () => undefined,
    );
  }, QUEUES_EVERY_MS);
  let evaluating = setTimeout(function again() {
    everyMinute();
    evaluating = setTimeout(again, untilNextMinute(now()));
  }, untilNextMinute(now()));

  return {
    url: server.url,
    services,
    ...(lost !== undefined && { lost }),
    close: async () => {
      clearInterval(reading);
      clearInterval(counting);
      clearTimeout(evaluating);
      refresh();
      save();
      await server.close();
    },
  };
}

function untilNextMinute(now: number): number {
  return MINUTE_MS - (now % MINUTE_MS) + SETTLED_MS;
}

function namesOf({ restApis, stages, webAcls, metricFilters }: Desired) {
  return {
    metricFilters,
    accessLogFormat: stages[0]?.accessLogFormat ?? '{}',
    apiName: restApis[0]?.name ?? '',
    stageName: stages[0]?.name ?? '',
    webAclName: webAcls[0]?.metricName ?? '',
  };
}

/** What can't be read is set aside: the logs are read again from their start, and give most of it back. */
function load(path: string): { readonly store: MetricStore; readonly tail: LogTail; readonly lost?: string } {
  try {
    const text = readIfThere(path);
    if (text !== undefined) {
      const { store, positions } = JSON.parse(text) as { readonly store: unknown; readonly positions: Positions };
      return { store: MetricStore.fromJSON(store), tail: new LogTail(positions) };
    }
  } catch (error) {
    const aside = `${path}.unreadable`;
    renameSync(path, aside);
    const reason = error instanceof Error ? error.message : String(error);
    const lost = `${path} can't be read (${reason}). It holds metrics: they start from what the logs hold, and it is kept as ${aside}.`;
    return { store: new MetricStore(), tail: new LogTail(), lost };
  }
  return { store: new MetricStore(), tail: new LogTail() };
}
