import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { dashboardLink } from '../console-links.ts';
import { webAclMetricName } from '../web-acl.ts';
import type { AlarmRule } from './rule.ts';

/** In five minutes. Scanners of the internet make a few of these an hour; a provider from new addresses makes all of its. */
const MOST_BLOCKED = 100;

export const edgeBlocks: AlarmRule = {
  name: 'edge-blocks',
  meaning:
    'The web ACL refuses many requests: a provider sends from new addresses or to another path, or somebody looks for a way in.',
  watch: ({ stage }) => {
    const period = Duration.minutes(5);
    const blocked = (rule: string) =>
      new Metric({
        namespace: 'AWS/WAFV2',
        metricName: 'BlockedRequests',
        dimensionsMap: { WebACL: webAclMetricName(stage), Rule: rule, Region: Aws.REGION },
        period,
        statistic: 'Sum',
      });
    return [
      {
        id: 'web-acl',
        metric: new MathExpression({
          expression: 'FILL(address, 0) + FILL(path, 0)',
          label: 'refused at the edge',
          period,
          usingMetrics: { address: blocked('refuse'), path: blocked('Default_Action') },
        }),
        threshold: MOST_BLOCKED,
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        // AWS WAF sends nothing while it blocks nothing.
        whenMissing: TreatMissingData.NOT_BREACHING,
        link: dashboardLink(Aws.STACK_NAME),
      },
    ];
  },
};
