import { Aws, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DELIVERY_METRIC, DIMENSION, metricsNamespace } from '../../lambdas/core/metrics.ts';
import type { AlarmRule } from '../../lib/alarms/rule.ts';
import { dashboardLink } from '../../lib/console-links.ts';

/** For sources that never rest this long. */
const LONGEST_SILENCE = Duration.hours(6);

export const silence: AlarmRule = {
  name: 'silence',
  meaning: 'A source has sent nothing that was accepted for six hours: is its webhook still switched on there?',
  watch: ({ stage, sources }) =>
    sources.map((source) => ({
      id: source,
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: DELIVERY_METRIC.accepted,
        dimensionsMap: { [DIMENSION.source]: source },
        period: LONGEST_SILENCE,
        statistic: 'Sum',
      }),
      threshold: 1,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      // Nothing accepted is nothing emitted, which is just what this waits for.
      whenMissing: TreatMissingData.BREACHING,
      link: dashboardLink(Aws.STACK_NAME),
    })),
};
