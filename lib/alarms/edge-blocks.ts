import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { dashboardLink } from '../console-links.ts';
import { summed } from '../counted.ts';
import { refusedBy } from '../edge-metric.ts';
import type { AlarmRule } from './rule.ts';

/** In five minutes. Scanners of the internet make a few of these an hour; a provider from new addresses makes all of its. */
const MOST_REFUSED = 100;

export const edgeBlocks: AlarmRule = {
  name: 'edge-blocks',
  meaning:
    'The web ACL refuses many requests: a provider sends from new addresses, from ones of ill repute, or to another path, or somebody looks for a way in.',
  watch: (gateway) => {
    const period = Duration.minutes(5);
    const rules = gateway.refusedBy.others;
    return [
      {
        id: 'web-acl',
        metric: summed(
          'refused at the edge',
          period,
          Object.fromEntries(rules.map((rule, at) => [`rule${at + 1}`, refusedBy(gateway.stage, rule, { period })])),
        ),
        threshold: MOST_REFUSED,
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        // AWS WAF sends nothing while it blocks nothing.
        whenMissing: TreatMissingData.NOT_BREACHING,
        link: dashboardLink(Aws.STACK_NAME),
      },
    ];
  },
};
