import { Duration } from 'aws-cdk-lib';
import {
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  Metric,
  type YAxisProps,
} from 'aws-cdk-lib/aws-cloudwatch';
import {
  BREAKER_METRIC,
  CLOCK_DIFFERENCE_METRIC,
  DELIVERY_METRIC,
  DIMENSION,
  ENQUEUE_METRIC,
  LEDGER_METRIC,
  metricsNamespace,
  OUTBOX_AGE_METRIC,
  PROCESSING_METRIC,
  SECRET_VERSION_METRIC,
  THROTTLED_METRIC,
  UNLISTED_METRIC,
  VERSION,
} from '../lambdas/core/metrics.ts';
import type { Watched } from './alarms/rule.ts';
import { refusedBy } from './edge-metric.ts';

/** Of all graphs but those of cost. */
const PERIOD = Duration.minutes(1);
const HALF = 12;
const THIRD = 8;

export function flow({ stage, sources, routes }: Watched): IWidget[] {
  const { accepted, duplicate, filtered, handshake, unavailable } = DELIVERY_METRIC;
  return [
    graph('Deliveries in, a minute', THIRD, [
      ...sources.flatMap((source) =>
        [accepted, duplicate, filtered, handshake, unavailable].map((metric) => ofSource(stage, metric, source)),
      ),
    ]),
    graph('Events processed, a minute', THIRD, [
      ...routes.map((route) =>
        ofRoute(stage, PROCESSING_METRIC.processingMs, route, { statistic: 'SampleCount', label: route.fullName }),
      ),
    ]),
    graph('Time on the way (p95), ms', THIRD, [
      ...sources.map((source) =>
        ofSource(stage, ENQUEUE_METRIC, source, { statistic: 'p95', label: `${source} queued` }),
      ),
      ...routes.map((route) =>
        ofRoute(stage, PROCESSING_METRIC.endToEndMs, route, { statistic: 'p95', label: `${route.fullName} done` }),
      ),
    ]),
  ];
}

/** Of rules whose name does not say it; the others show by their name. */
const MEANINGS: Readonly<Record<string, string>> = {
  refuse: 'address not allowed (403)',
  'rate-by-address': 'too many of one address (429)',
  Default_Action: 'unknown path (404)',
};

export function refusals({ stage, sources, refusedBy: refused }: Watched): IWidget[] {
  return [
    graph('Refused, or not of its list, a minute', THIRD, [
      ...sources.flatMap((source) =>
        [DELIVERY_METRIC.rejected, UNLISTED_METRIC].map((metric) => ofSource(stage, metric, source)),
      ),
      new Metric({
        namespace: metricsNamespace(stage),
        metricName: THROTTLED_METRIC,
        period: PERIOD,
        statistic: 'Sum',
        label: 'too many (429)',
      }),
    ]),
    graph('Refused by reason, a minute', THIRD, [
      // Reasons there are many, and few at a time: those that were measured show.
      new MathExpression({
        expression: `SEARCH('{${metricsNamespace(stage)},${DIMENSION.reason},${DIMENSION.source}} MetricName="${DELIVERY_METRIC.rejected}"', 'Sum', ${PERIOD.toSeconds()})`,
        usingMetrics: {},
        label: '',
        period: PERIOD,
      }),
    ]),
    graph('Refused at the edge, a minute', THIRD, [
      ...[...refused.others, ...refused.limitsOfSources].map((rule) =>
        refusedBy(stage, rule, { period: PERIOD, label: MEANINGS[rule] ?? rule }),
      ),
    ]),
  ];
}

export function answers({ stage, sources, api, verifier }: Watched): IWidget[] {
  const dimensionsMap = { ApiName: api.restApiName, Stage: api.deploymentStage.stageName };
  return [
    graph('Answers, a minute', THIRD, [
      api.metricCount({ period: PERIOD, statistic: 'SampleCount', dimensionsMap, label: 'requests' }),
      api.metricClientError({ period: PERIOD, statistic: 'Sum', dimensionsMap, label: '4xx' }),
      api.metricServerError({ period: PERIOD, statistic: 'Sum', dimensionsMap, label: '5xx' }),
    ]),
    graph('Time to answer, ms', THIRD, [
      api.metricLatency({ period: PERIOD, statistic: 'p50', dimensionsMap, label: 'p50' }),
      api.metricLatency({ period: PERIOD, statistic: 'p99', dimensionsMap, label: 'p99' }),
      verifier.lambda.metricDuration({ period: PERIOD, statistic: 'p99', label: 'verifier p99' }),
    ]),
    // Below zero where a provider's clock is ahead.
    graph(
      'Received after it was signed, ms',
      THIRD,
      sources.flatMap((source) =>
        (['Minimum', 'Maximum'] as const).map((statistic) =>
          ofSource(stage, CLOCK_DIFFERENCE_METRIC, source, {
            statistic,
            label: `${source} ${statistic.toLowerCase()}`,
          }),
        ),
      ),
      {},
    ),
  ];
}

export function processors({ stage, routes }: Watched): IWidget[] {
  const { failed, retried, parked, quarantined, deferred, processingMs } = PROCESSING_METRIC;
  return [
    graph('Failed, retried, parked, deferred, a minute', HALF, [
      ...routes.flatMap((route) =>
        [failed, retried, parked, quarantined, deferred].map((metric) => ofRoute(stage, metric, route)),
      ),
    ]),
    graph('Time to process (p95), ms', HALF, [
      ...routes.map((route) => ofRoute(stage, processingMs, route, { statistic: 'p95', label: route.fullName })),
    ]),
  ];
}

export function queues({ stage, sources, routes }: Watched): IWidget[] {
  const options = { period: PERIOD, statistic: 'Maximum' };
  return [
    graph('Waiting and in flight', THIRD, [
      ...routes.flatMap((route) => [
        route.main.metricApproximateNumberOfMessagesVisible({ ...options, label: `${route.fullName} waiting` }),
        route.main.metricApproximateNumberOfMessagesNotVisible({ ...options, label: `${route.fullName} in flight` }),
      ]),
    ]),
    graph('Oldest event, seconds', THIRD, [
      ...routes.map((route) => route.main.metricApproximateAgeOfOldestMessage({ ...options, label: route.fullName })),
      ...sources.map((source) =>
        ofSource(stage, OUTBOX_AGE_METRIC, source, { statistic: 'Maximum', label: `${source} not queued` }),
      ),
    ]),
    graph('Dead letters and parked events', THIRD, [
      ...routes.flatMap((route) => [
        route.dead.metricApproximateNumberOfMessagesVisible({ ...options, label: `${route.fullName} dead` }),
        route.parked.metricApproximateNumberOfMessagesVisible({ ...options, label: `${route.fullName} parked` }),
      ]),
    ]),
  ];
}

export function safeguards({ stage, sources, routes }: Watched): IWidget[] {
  const maximum = { statistic: 'Maximum' };
  return [
    graph('Breakers open', THIRD, [
      ...routes.map((route) => ofRoute(stage, BREAKER_METRIC.open, route, { ...maximum, label: route.fullName })),
    ]),
    graph('Signed with a secret that is not the current one, a minute', THIRD, [
      ...sources.flatMap((source) =>
        Object.values(VERSION).map((version) =>
          ofSource(stage, SECRET_VERSION_METRIC, source, {
            label: `${source} ${version}`,
            more: { [DIMENSION.version]: version },
          }),
        ),
      ),
    ]),
    graph('Not accounted for', THIRD, [
      ...sources.flatMap((source) =>
        [LEDGER_METRIC.overdue, LEDGER_METRIC.missing].map((metric) => ofSource(stage, metric, source, maximum)),
      ),
    ]),
  ];
}

/** What the bill counts most of, per hour: requests, function time and bytes of logs. */
export function cost({ api, verifier, routes }: Watched): IWidget[] {
  const options = { period: Duration.hours(1), statistic: 'Sum' };
  const dimensionsMap = { ApiName: api.restApiName, Stage: api.deploymentStage.stageName };
  const functions = [['verifier', verifier] as const, ...routes.map((it) => [it.fullName, it.processor] as const)];
  return [
    graph('Requests, an hour', THIRD, [
      api.metricCount({ ...options, statistic: 'SampleCount', dimensionsMap, label: 'requests' }),
    ]),
    graph('Function time, ms an hour', THIRD, [
      ...functions.map(([label, { lambda }]) => lambda.metricDuration({ ...options, label })),
    ]),
    graph('Logs, bytes an hour', THIRD, [
      ...functions.map(
        ([label, { lambda }]) =>
          new Metric({
            namespace: 'AWS/Logs',
            metricName: 'IncomingBytes',
            dimensionsMap: { LogGroupName: lambda.logGroup.logGroupName },
            ...options,
            label,
          }),
      ),
    ]),
  ];
}

function ofSource(
  stage: string,
  metricName: string,
  source: string,
  { statistic = 'Sum', label = `${source} ${metricName.toLowerCase()}`, more = {} } = {},
): IMetric {
  return new Metric({
    namespace: metricsNamespace(stage),
    metricName,
    dimensionsMap: { [DIMENSION.source]: source, ...more },
    period: PERIOD,
    statistic,
    label,
  });
}

function ofRoute(
  stage: string,
  metricName: string,
  route: { readonly source: string; readonly routeName: string; readonly fullName: string },
  { statistic = 'Sum', label = `${route.fullName} ${metricName.toLowerCase()}` } = {},
): IMetric {
  return new Metric({
    namespace: metricsNamespace(stage),
    metricName,
    dimensionsMap: { [DIMENSION.source]: route.source, [DIMENSION.route]: route.routeName },
    period: PERIOD,
    statistic,
    label,
  });
}

function graph(title: string, width: number, left: IMetric[], leftYAxis: YAxisProps = { min: 0 }): IWidget {
  return new GraphWidget({ title, width, height: 6, left, leftYAxis, stacked: false });
}
