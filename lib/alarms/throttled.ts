import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { metricsNamespace, THROTTLED_METRIC } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import { summed } from '../counted.ts';
import { refusedBy } from '../edge-metric.ts';
import type { AlarmRule } from './rule.ts';

const PERIOD = Duration.minutes(5);
/** Of an alarm on metric math: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html */
const MOST_METRICS = 10;

export const throttled: AlarmRule = {
  name: 'throttled',
  meaning:
    'Webhooks were answered 429: a provider sends more than its limits let through, and not every one comes again.',
  watch: (gateway) => {
    // Not the web ACL's limit of one address: whoever goes over that may be a stranger, and "edge-blocks" counts it.
    const limits: readonly (readonly [string, IMetric])[] = [
      [
        'behind',
        new Metric({
          namespace: metricsNamespace(gateway.stage),
          metricName: THROTTLED_METRIC,
          period: PERIOD,
          statistic: 'Sum',
        }),
      ],
      ...gateway.refusedBy.limitsOfSources.map(
        (rule, at) => [`limit${at + 1}`, refusedBy(gateway.stage, rule, { period: PERIOD })] as const,
      ),
    ];
    const parts = Array.from({ length: Math.ceil(limits.length / MOST_METRICS) }, (_, at) =>
      limits.slice(at * MOST_METRICS, (at + 1) * MOST_METRICS),
    );
    return parts.map((some, at) => ({
      id: at === 0 ? 'api' : `api-${at + 1}`,
      metric: summed('answered 429', PERIOD, Object.fromEntries(some)),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Neither AWS WAF nor the access log tells of what was let through, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: dashboardLink(Aws.STACK_NAME),
    }));
  },
};
