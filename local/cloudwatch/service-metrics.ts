import { type MetricFilter } from '../template/desired.ts';
import { type QueueMetrics } from '../sqs/queue-metrics.ts';
import { type MetricStore } from './metric-store.ts';

export interface ServiceMetricsOptions {
  readonly store: MetricStore;
  readonly region: string;
  readonly apiName: string;
  readonly stageName: string;
  /** As the web ACL is called in metrics. */
  readonly webAclName: string;
  readonly metricFilters: readonly MetricFilter[];
}

/** What AWS's services would publish of themselves, as far as alarms look at it. Times are milliseconds since the epoch. */
export function serviceMetrics({
  store,
  region,
  apiName,
  stageName,
  webAclName,
  metricFilters,
}: ServiceMetricsOptions) {
  const api = { ApiName: apiName, Stage: stageName };
  return {
    /** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html */
    answered({ status, ms }: { readonly status: number; readonly ms: number }, time: number): void {
      const add = (name: string, value: number) =>
        store.add({ namespace: 'AWS/ApiGateway', name, dimensions: api, time, values: [value] });
      add('Count', 1);
      add('Latency', Math.round(ms));
      // Each request counts, so that a sum is the number of errors and an average their share.
      add('4XXError', Number(status >= 400 && status < 500));
      add('5XXError', Number(status >= 500));
      for (const { field, equals, namespace, name, value } of metricFilters) {
        if (field === 'status' && equals === String(status)) {
          store.add({ namespace, name, dimensions: {}, time, values: [value] });
        }
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
    functionFailed(functionName: string, time: number): void {
      const dimensions = { FunctionName: functionName };
      store.add({ namespace: 'AWS/Lambda', name: 'Errors', dimensions, time, values: [1] });
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

export type ServiceMetrics = ReturnType<typeof serviceMetrics>;
