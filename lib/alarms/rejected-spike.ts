import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DELIVERY_METRIC, DIMENSION, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { dashboardLink } from '../console-links.ts';
import { counted } from '../counted.ts';
import type { AlarmRule } from './rule.ts';

/** In five minutes. A provider with a stale secret sends this many soon; a stray scanner doesn't get past the web ACL. */
const MOST_REJECTED = 50;

export const rejectedSpike: AlarmRule = {
  name: 'rejected-spike',
  meaning:
    'Many deliveries of one source are rejected: its secret or its way of signing changed, or somebody tries to forge them.',
  watch: ({ stage, sources }) =>
    sources.map((source) => ({
      id: source,
      metric: counted(
        new Metric({
          namespace: metricsNamespace(stage),
          metricName: DELIVERY_METRIC.rejected,
          dimensionsMap: { [DIMENSION.source]: source },
          period: Duration.minutes(5),
          statistic: 'Sum',
        }),
      ),
      threshold: MOST_REJECTED,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // The verifier emits it only for a rejection, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: dashboardLink(Aws.STACK_NAME),
    })),
};
