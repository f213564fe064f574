import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { BREAKER_METRIC, DIMENSION, metricsNamespace } from '../../lambdas/core/metrics.ts';
import { functionLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

export const breakerOpen: AlarmRule = {
  name: 'breaker-open',
  meaning:
    'What a processor needs fails, so its breaker is open: events wait in their queue, one at a time is tried now and then.',
  watch: ({ stage, routes }) =>
    routes.map((route) => ({
      id: route.fullName,
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: BREAKER_METRIC.open,
        dimensionsMap: { [DIMENSION.source]: route.source, [DIMENSION.route]: route.routeName },
        // The controller says so once a minute, not always within the same one.
        period: Duration.minutes(2),
        statistic: 'Maximum',
      }),
      threshold: 0,
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // It is emitted only while a breaker is open, so silence is what is wanted.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: functionLink(route.processor.lambda.functionName),
    })),
};
