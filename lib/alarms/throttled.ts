import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { metricsNamespace, THROTTLED_METRIC } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import { summed } from '../counted.ts';
import { refusedBy } from '../edge-metric.ts';
import type { AlarmRule } from './rule.ts';

const PERIOD = Duration.minutes(5);

export const throttled: AlarmRule = {
  name: 'throttled',
  meaning:
    'Webhooks were answered 429: a provider sends more than its limits let through, and not every one comes again.',
  watch: (gateway) => {
    // Not the web ACL's limit of one address: whoever goes over that may be a stranger, and "edge-blocks" counts it.
    // AWS WAF allows nine of the others (web-acl-capacity.ts), and an alarm on metric math ten metrics in all:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html
    const limits = gateway.refusedBy.limitsOfSources.map(
      (rule, at) => [`limit${at + 1}`, refusedBy(gateway.stage, rule, { period: PERIOD })] as const,
    );
    const behind = new Metric({
      namespace: metricsNamespace(gateway.stage),
      metricName: THROTTLED_METRIC,
      period: PERIOD,
      statistic: 'Sum',
    });
    return [
      {
        id: 'api',
        metric: summed('answered 429', PERIOD, { behind, ...Object.fromEntries(limits) }),
        threshold: 0,
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        // Neither AWS WAF nor the access log tells of what was let through, so silence is what is wanted.
        whenMissing: TreatMissingData.NOT_BREACHING,
        link: dashboardLink(Aws.STACK_NAME),
      },
    ];
  },
};
