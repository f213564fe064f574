import { accessLogLine, type Answered } from '../gateway/access-log.ts';
import type { FilterTerm, MetricFilter } from '../template/desired.ts';
import { patternOf } from './filter-log-events.ts';
import type { QueueMetrics } from '../sqs/queue-metrics.ts';
import type { MetricStore } from './metric-store.ts';

export interface ServiceMetricsOptions {
  readonly store: MetricStore;
  readonly region: string;
  readonly apiName: string;
  readonly stageName: string;
  /** As the web ACL is called in metrics. */
  readonly webAclName: string;
  readonly metricFilters: readonly MetricFilter[];
  /** Of the API's access log, which the filters read. */
  readonly accessLogFormat: string;
}

/** What AWS's services would publish of themselves, as far as alarms look at it. Times are milliseconds since the epoch. */
export function serviceMetrics({
  store,
  region,
  apiName,
  stageName,
  webAclName,
  metricFilters,
  accessLogFormat,
}: ServiceMetricsOptions) {
  const api = { ApiName: apiName, Stage: stageName };
  return {
    /** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html */
    answered(answered: Answered, time: number): void {
      const { status, ms } = answered;
      const add = (name: string, value: number) =>
        store.add({ namespace: 'AWS/ApiGateway', name, dimensions: api, time, values: [value] });
      add('Count', 1);
      add('Latency', Math.round(ms));
      // Each request counts, so that a sum is the number of errors and an average their share.
      add('4XXError', Number(status >= 400 && status < 500));
      add('5XXError', Number(status >= 500));
      const line = JSON.parse(accessLogLine(accessLogFormat, answered)) as Readonly<Record<string, unknown>>;
      for (const { terms, namespace, name, value } of metricFilters) {
        if (terms.every((term) => has(line, term)))
          store.add({ namespace, name, dimensions: {}, time, values: [value] });
      }
    },
    /**
     * https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
     *
     * @param rule the metric name of the rule that blocked; `Default_Action` when none did
     */
    blocked(rule: string, time: number): void {
      const dimensions = { WebACL: webAclName, Rule: rule, Region: region };
      store.add({ namespace: 'AWS/WAFV2', name: 'BlockedRequests', dimensions, time, values: [1] });
    },
    /** https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
    functionRan(functionName: string, outcome: 'succeeded' | 'failed', time: number): void {
      const dimensions = { FunctionName: functionName };
      const values = [Number(outcome === 'failed')];
      store.add({ namespace: 'AWS/Lambda', name: 'Errors', dimensions, time, values });
    },
    queues(queues: readonly QueueMetrics[], time: number): void {
      for (const { name: queue, visible, inFlight, oldestSeconds } of queues) {
        const add = (name: string, value: number) =>
          store.add({ namespace: 'AWS/SQS', name, dimensions: { QueueName: queue }, time, values: [value] });
        add('ApproximateNumberOfMessagesVisible', visible);
        add('ApproximateNumberOfMessagesNotVisible', inFlight);
        add('ApproximateAgeOfOldestMessage', oldestSeconds);
      }
    },
  };
}

function has(line: Readonly<Record<string, unknown>>, { field, text, is }: FilterTerm): boolean {
  return patternOf(text).test(String(line[field])) === is;
}

export type ServiceMetrics = ReturnType<typeof serviceMetrics>;
