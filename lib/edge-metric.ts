import { Aws, type Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { webAclMetricName } from './web-acl.ts';

/**
 * How many requests one rule of the web ACL refused.
 * https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
 */
export function refusedBy(stage: string, rule: string, options: { period: Duration; label?: string }): Metric {
  return new Metric({
    namespace: 'AWS/WAFV2',
    metricName: 'BlockedRequests',
    dimensionsMap: { WebACL: webAclMetricName(stage), Rule: rule, Region: Aws.REGION },
    statistic: 'Sum',
    ...options,
  });
}
