import { SERIES } from '../lib/metric-cost.ts';
import { MINUTES_PER_MONTH, type StackCounts } from './stack-counts.ts';

/** List prices in US dollars of one region at one date: a file of `cli/prices`. */
export interface Prices {
  readonly region: string;
  /** ISO 8601. */
  readonly date: string;
  /** Pages they were read from. */
  readonly sources: readonly string[];
  /** Up to so many million a month (null: all others), so much a million. */
  readonly restApiPerMillion: readonly (readonly [upTo: number | null, dollars: number])[];
  /** The other kind of API, which no web ACL can stand before. */
  readonly httpApiPerMillion: number;
  readonly webAclPerMonth: number;
  readonly webAclRulePerMonth: number;
  readonly webAclPerMillion: number;
  readonly lambdaPerMillion: number;
  readonly lambdaPerGbSecond: number;
  readonly writeUnitsPerMillion: number;
  readonly readUnitsPerMillion: number;
  readonly tableGbMonth: number;
  readonly tableBackupGbMonth: number;
  readonly queuePerMillion: number;
  readonly queueFifoPerMillion: number;
  readonly logsPerGb: number;
  readonly metricPerMonth: number;
  /** For each metric that an alarm looks at. */
  readonly alarmMetricPerMonth: number;
  readonly compositeAlarmPerMonth: number;
  readonly dashboardPerMonth: number;
  readonly secretPerMonth: number;
  readonly secretCallsPerMillion: number;
  readonly keyPerMonth: number;
  readonly keyCallsPerMillion: number;
  readonly tracesPerMillion: number;
}

/** One line of the bill. */
export interface CostLine {
  readonly what: string;
  /** What it is reckoned from. */
  readonly from: string;
  readonly dollarsPerMonth: number;
}

/** Something that can be changed, and what that saves. */
export interface Lever {
  readonly change: string;
  readonly savesPerMonth: number;
}

export interface Cost {
  readonly dollarsPerMonth: number;
  readonly dollarsPerMillion: number;
  readonly lines: readonly CostLine[];
  readonly levers: readonly Lever[];
}

/** What is not in the template: how a webhook runs. The first three are guesses of a usual one; the others are measured. */
export const ASSUMED = {
  verifierMs: 20,
  processorMs: 30,
  /** How many a processor gets at a time. */
  batch: 5,
  /** BODY, META, its listing, the claim, and DONE in a transaction: docs/decisions/016, `test/local/write-units.test.ts`. */
  writeUnits: 6,
  /** A claim reads the payload once; the watch and the ledger look at the record. */
  readUnits: 2,
  /** Of a payload under 1 KB: three items, with DynamoDB's own 100 bytes for each. */
  storedBytes: 2_600,
  /** 30 days, and some until DynamoDB has deleted them. */
  storedMonths: 1.1,
  /** Of the functions at that batch, and of API Gateway's access log: docs/decisions/015. */
  functionLogBytes: 325,
  accessLogBytes: 220,
} as const;

const MILLION = 1_000_000;
const GB = 1024 ** 3;
/** Of the indexes that a stage chooses. */
const LIST_BY_UNITS: Readonly<Record<string, number>> = { type: 1, status: 5 };
/** Lambda's five pollers of a queue ask every twenty seconds: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const IDLE_POLLS = 5 * 3 * MINUTES_PER_MONTH;
/** X-Ray's own rule: the first of each second and 5 % of the others. https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html */
const TRACED = { perSecond: 1, share: 0.05 } as const;
/** Secrets are read again, and data keys got anew, so often in a month. */
const FIVE_MINUTES = MINUTES_PER_MONTH / 5;
const SECONDS_PER_MONTH = MINUTES_PER_MONTH * 60;

/**
 * What a stack costs at so many webhooks a month, at list prices and without a free tier.
 *
 * @param sources how many the stage has; the template has secrets, of which several may share one
 */
export function costOf(stack: StackCounts, sources: number, volume: number, prices: Prices): Cost {
  const millions = volume / MILLION;
  const { batch } = ASSUMED;
  const logBytes = ASSUMED.functionLogBytes + ASSUMED.accessLogBytes;
  const units = ASSUMED.writeUnits + stack.listBy.reduce((sum, by) => sum + (LIST_BY_UNITS[by] ?? 0), 0);
  const gbSeconds = (mb: number, ms: number) => (mb / 1024) * (ms / 1000) * prices.lambdaPerGbSecond;
  const traced = stack.traces ? tracesOf(volume) : 0;
  const seriesOf = (kinds: readonly ('steady' | 'rare')[]) =>
    kinds.reduce(
      (sum, kind) =>
        sum +
        SERIES.stage[kind].length +
        sources * SERIES.source[kind].length +
        stack.routes * SERIES.route[kind].length,
      0,
    );
  const [series, mostSeries] = [seriesOf(['steady']), seriesOf(['steady', 'rare'])];
  // Each container of the verifier keeps them for five minutes.
  const containers = Math.max(1, Math.ceil((volume * ASSUMED.verifierMs) / 1000 / SECONDS_PER_MONTH));
  const secretCalls = sources * containers * FIVE_MINUTES;
  // Both sides of a queue, and each function for each table, get a data key for five minutes; a secret is decrypted at each call.
  const keyCalls =
    stack.keys > 0 ? (2 * stack.queues + stack.functions * stack.tables) * FIVE_MINUTES + secretCalls : 0;
  const perQueueCall = stack.fifoQueues > 0 ? prices.queueFifoPerMillion : prices.queuePerMillion;
  const stored = (volume * ASSUMED.storedBytes * ASSUMED.storedMonths) / GB;

  const lines: CostLine[] = [
    line('REST API', `${count(volume)} requests`, tiered(millions, prices.restApiPerMillion)),
    line(
      'web ACL',
      `${stack.webAcls} with ${stack.webAclRules} rules`,
      stack.webAcls * prices.webAclPerMonth +
        stack.webAclRules * prices.webAclRulePerMonth +
        millions * prices.webAclPerMillion * Math.min(1, stack.webAcls),
    ),
    line(
      'verifier',
      `${stack.verifierMb} MB, ${ASSUMED.verifierMs} ms each`,
      millions * prices.lambdaPerMillion + volume * gbSeconds(stack.verifierMb, ASSUMED.verifierMs),
    ),
    line(
      'processors',
      `${stack.processorMb} MB, ${ASSUMED.processorMs} ms each, ${batch} at a time`,
      (millions / batch) * prices.lambdaPerMillion + volume * gbSeconds(stack.processorMb, ASSUMED.processorMs),
    ),
    line('table, writes', `${units} units each`, millions * units * prices.writeUnitsPerMillion),
    line('table, reads', `${ASSUMED.readUnits} units each`, millions * ASSUMED.readUnits * prices.readUnitsPerMillion),
    line(
      'table, storage',
      `${stored.toFixed(1)} GB and its backup`,
      stored * (prices.tableGbMonth + prices.tableBackupGbMonth),
    ),
    line('queues, messages', `a send, and two calls for ${batch}`, millions * (1 + 2 / batch) * perQueueCall),
    line(
      'queues, idle',
      `${stack.mappings} mappings that ask`,
      (stack.mappings * IDLE_POLLS * prices.queuePerMillion) / MILLION,
    ),
    line(
      'scheduled functions',
      `${count(stack.scheduledRuns)} runs`,
      (stack.scheduledRuns / MILLION) * prices.lambdaPerMillion +
        stack.scheduledRuns * gbSeconds(stack.verifierMb, 500),
    ),
    line(
      'logs',
      `${ASSUMED.functionLogBytes} bytes each, and ${ASSUMED.accessLogBytes} of the API`,
      ((volume * logBytes) / GB) * prices.logsPerGb,
    ),
    line('traces', `${count(traced)} by X-Ray's own rule`, (traced / MILLION) * prices.tracesPerMillion),
    line(
      'metrics',
      `${series} series; ${mostSeries} if everything went wrong in every hour, and one for each reason of a refusal`,
      series * prices.metricPerMonth,
    ),
    line(
      'alarms',
      `${stack.alarmMetrics} metrics looked at, ${stack.compositeAlarms} composed`,
      stack.alarmMetrics * prices.alarmMetricPerMonth + stack.compositeAlarms * prices.compositeAlarmPerMonth,
    ),
    line('dashboard', `${stack.dashboards}`, stack.dashboards * prices.dashboardPerMonth),
    line(
      'secrets',
      `${stack.secrets}, read ${count(secretCalls)} times`,
      stack.secrets * prices.secretPerMonth + (secretCalls / MILLION) * prices.secretCallsPerMillion,
    ),
    line(
      'keys',
      `${stack.keys}, used ${count(keyCalls)} times`,
      stack.keys * prices.keyPerMonth + (keyCalls / MILLION) * prices.keyCallsPerMillion,
    ),
  ];
  const dollarsPerMonth = lines.reduce((sum, { dollarsPerMonth: dollars }) => sum + dollars, 0);
  return {
    dollarsPerMonth,
    dollarsPerMillion: dollarsPerMonth / millions,
    lines,
    levers: leversOf(stack, sources, lines, millions, prices),
  };
}

const MOST_LEVERS = 3;

/** What could be done about each line of this bill; of many routes, what one of them costs by being there. */
function leversOf(
  stack: StackCounts,
  sources: number,
  lines: readonly CostLine[],
  millions: number,
  prices: Prices,
): readonly Lever[] {
  const of = (what: string) => lines.find((one) => one.what === what)?.dollarsPerMonth ?? 0;
  const ofARoute =
    SERIES.route.steady.length * prices.metricPerMonth +
    of('queues, idle') / Math.max(1, stack.routes) +
    of('alarms') / (stack.routes + sources);
  const levers: readonly Lever[] = [
    {
      change: 'put an HTTP API in the place of the REST API (lib/api.ts), which no web ACL can stand before',
      savesPerMonth: of('REST API') - millions * prices.httpApiPerMillion,
    },
    {
      change: 'call it behind a front of your own, without the web ACL (lib/web-acl.ts)',
      savesPerMonth: of('web ACL'),
    },
    { change: 'keep events for 15 days (`RECORD_TTL_SECONDS`)', savesPerMonth: of('table, storage') / 2 },
    {
      change: 'trace nothing (`tracingEnabled` in lib/api.ts, `tracing` in lib/gateway-function.ts)',
      savesPerMonth: of('traces'),
    },
    ...stack.listBy.map((by) => ({
      change: `not list by ${by} (\`listBy\` of the stage)`,
      savesPerMonth: millions * (LIST_BY_UNITS[by] ?? 0) * prices.writeUnitsPerMillion,
    })),
    {
      change:
        'write effects without `commit` where they are idempotent anyway: DONE outside a transaction is one unit less',
      savesPerMonth: millions * prices.writeUnitsPerMillion,
    },
    {
      change: `put two routes together where one processor can do both: each of the ${stack.routes} costs by being there`,
      savesPerMonth: stack.routes > 1 ? ofARoute : 0,
    },
  ];
  return [...levers]
    .filter(({ savesPerMonth }) => savesPerMonth > 0)
    .sort((a, b) => b.savesPerMonth - a.savesPerMonth)
    .slice(0, MOST_LEVERS);
}

function line(what: string, from: string, dollarsPerMonth: number): CostLine {
  return { what, from, dollarsPerMonth };
}

function tracesOf(volume: number): number {
  const first = Math.min(volume, MINUTES_PER_MONTH * 60 * TRACED.perSecond);
  return first + (volume - first) * TRACED.share;
}

function tiered(millions: number, tiers: Prices['restApiPerMillion']): number {
  let [dollars, from] = [0, 0];
  for (const [upTo, price] of tiers) {
    const to = Math.min(millions, upTo ?? Infinity);
    dollars += Math.max(0, to - from) * price;
    from = Math.max(from, to);
  }
  return dollars;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
