/** What of a stack costs something, counted in its CloudFormation template. */
export interface StackCounts {
  readonly routes: number;
  readonly mappings: number;
  readonly queues: number;
  readonly fifoQueues: number;
  readonly tables: number;
  readonly functions: number;
  /** Metrics that alarms look at: each is paid for. */
  readonly alarmMetrics: number;
  readonly compositeAlarms: number;
  readonly dashboards: number;
  readonly secrets: number;
  readonly keys: number;
  readonly webAcls: number;
  readonly webAclRules: number;
  /** Memory of the function behind the webhooks, and of a processor, in MB. */
  readonly verifierMb: number;
  readonly processorMb: number;
  /** Runs of scheduled functions in a month. */
  readonly scheduledRuns: number;
  /** Whether requests are traced. */
  readonly traces: boolean;
  /** What every event is listed by, beside what it always is. */
  readonly listBy: readonly string[];
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export const MINUTES_PER_MONTH = 43_800;

/** @param templates the stack's own, and those of its nested stacks */
export function countStack(templates: readonly Readonly<Record<string, Resource>>[]): StackCounts {
  const all = templates.flatMap((resources) => Object.entries(resources));
  const of = (type: string) => all.filter(([, { Type }]) => Type === type);
  const count = (type: string) => of(type).length;
  const properties = (type: string) => of(type).map(([, { Properties = {} }]) => Properties);
  const functions = of('AWS::Lambda::Function');
  const memoryOf = (name: RegExp) =>
    Number(functions.find(([id]) => name.test(id))?.[1].Properties?.['MemorySize'] ?? 128);
  const webAclRules = properties('AWS::WAFv2::WebACL').reduce((sum, { Rules }) => sum + lengthOf(Rules), 0);
  const indexes = properties('AWS::DynamoDB::Table').flatMap(({ GlobalSecondaryIndexes }) =>
    ((GlobalSecondaryIndexes ?? []) as readonly { IndexName?: string }[]).map(({ IndexName }) => IndexName),
  );
  const environments = functions.map(([, { Properties = {} }]) => JSON.stringify(Properties['Environment'] ?? {}));
  const listsByStatus = environments.some((environment) => /"LIST_BY":"[^"]*status/.test(environment));
  return {
    routes: functions.filter(([id]) => id.startsWith('Route')).length,
    mappings: count('AWS::Lambda::EventSourceMapping'),
    queues: count('AWS::SQS::Queue'),
    fifoQueues: properties('AWS::SQS::Queue').filter(({ FifoQueue }) => FifoQueue === true).length,
    tables: count('AWS::DynamoDB::Table'),
    functions: functions.length,
    alarmMetrics: properties('AWS::CloudWatch::Alarm').reduce((sum, { Metrics }) => sum + metricsOf(Metrics), 0),
    compositeAlarms: count('AWS::CloudWatch::CompositeAlarm'),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    secrets: count('AWS::SecretsManager::Secret'),
    keys: count('AWS::KMS::Key'),
    webAcls: count('AWS::WAFv2::WebACL'),
    webAclRules,
    verifierMb: memoryOf(/Verifier/),
    processorMb: memoryOf(/^Route/),
    scheduledRuns: properties('AWS::Events::Rule').reduce(
      (sum, { ScheduleExpression }) => sum + runsOf(ScheduleExpression),
      0,
    ),
    traces: properties('AWS::ApiGateway::Stage').some(({ TracingEnabled }) => TracingEnabled === true),
    listBy: [...(indexes.includes('types') ? ['type'] : []), ...(listsByStatus ? ['status'] : [])],
  };
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

/** Of an alarm: one, or those of its expression. */
function metricsOf(metrics: unknown): number {
  if (!Array.isArray(metrics)) return 1;
  return metrics.filter((one) => (one as { readonly MetricStat?: unknown }).MetricStat !== undefined).length;
}

/** Of `rate(1 minute)` and its like; a rule without one is no schedule. */
function runsOf(expression: unknown): number {
  const [, every = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(String(expression)) ?? [];
  const minutes = { minute: 1, hour: 60, day: 1_440 }[unit];
  return minutes === undefined ? 0 : MINUTES_PER_MONTH / (Number(every) * minutes);
}
