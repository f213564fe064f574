import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSION, metricsNamespace, PROCESSING_METRIC } from '../../lambdas/core/metrics.ts';
import { functionLink } from '../console-links.ts';
import type { AlarmRule } from './rule.ts';

const SLOW = Duration.seconds(5);

export const slowProcessing: AlarmRule = {
  name: 'slow-processing',
  meaning: 'Events of one route take longer than five seconds to process.',
  watch: ({ stage, routes }) =>
    routes.map((route) => ({
      id: route.fullName,
      metric: new Metric({
        namespace: metricsNamespace(stage),
        metricName: PROCESSING_METRIC.processingMs,
        dimensionsMap: { [DIMENSION.source]: route.source, [DIMENSION.route]: route.routeName },
        period: Duration.minutes(5),
        // One slow event among many is a cold start; one in twenty is not.
        statistic: 'p95',
      }),
      threshold: SLOW.toMilliseconds(),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Nothing was processed, so nothing was slow; "oldest-message" watches whether something should have been.
      whenMissing: TreatMissingData.NOT_BREACHING,
      link: functionLink(route.processor.lambda.functionName),
    })),
};
